"""Visibility of people. Over users."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from courses.models import Course, Enrollment, Note, Review, User
from courses.policies.notes import may_see_note
from courses.policies.participation import ALWAYS, TAKES, Viewer
from courses.policies.reviews import may_see_review

IS_HERE = Q(erased_at=None)
"""The account was not erased. Over users."""


def may_see_person(viewer: Viewer) -> Q:
    """Return a predicate: the viewer, somebody of a common course, or the author of something that the viewer may see.

    Staff see everybody. The author of a review or a note stays its author after leaving the course.
    """
    author = Q(Exists(Review.objects.filter(may_see_review(viewer), user=OuterRef("pk"))))
    if viewer is None:
        return author
    if viewer.is_staff:
        return ALWAYS
    author |= Q(Exists(Note.objects.filter(may_see_note(viewer), user=OuterRef("pk"))))
    return Q(pk=viewer.pk) | author | Q(Exists(_common_courses(viewer, OuterRef(OuterRef("pk")))))


def may_name_learner(viewer: Viewer, course: Course) -> Q:
    """Return a predicate: somebody whom the staff of a course may name by id: whom they see, or who ever took it."""
    enrolled = Enrollment.objects.filter(course=course, user=OuterRef("pk"))
    return may_see_person(viewer) | Q(Exists(enrolled))


def _common_courses(viewer: User, person: OuterRef) -> QuerySet[Course]:
    """Return the courses that both the viewer and the person take or teach now."""
    enrolled = Enrollment.objects.filter(TAKES, course=OuterRef("pk"))
    teaching = Course.instructors.through._default_manager.filter(course_id=OuterRef("pk"))
    return Course.objects.filter(
        Q(Exists(enrolled.filter(user=viewer))) | Q(Exists(teaching.filter(user_id=viewer.pk))),
        Q(Exists(enrolled.filter(user=person))) | Q(Exists(teaching.filter(user_id=person))),
    )
