"""Who may see a person. Over users."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from courses.constants import EnrollmentStatus
from courses.models import Course, Enrollment, Review, User
from courses.policies.participation import EVERYBODY, Viewer


def may_see_person(viewer: Viewer) -> Q:
    """Oneself, people of a common course, and the authors of public reviews; staff see everybody.

    The author of a public note is a person of a common course, because only such people see the note.
    """
    author = Q(Exists(_public_reviews_by(OuterRef("pk"))))
    if viewer is None:
        return author
    if viewer.is_staff:
        return EVERYBODY
    return Q(pk=viewer.pk) | author | Q(Exists(_common_courses(viewer, OuterRef(OuterRef("pk")))))


def _public_reviews_by(author: OuterRef) -> QuerySet[Review]:
    return Review.objects.filter(user=author, is_approved=True, course__is_published=True)


def _common_courses(viewer: User, person: OuterRef) -> QuerySet[Course]:
    """Courses that both the viewer and the person take or teach now."""
    enrolled = Enrollment.objects.exclude(status=EnrollmentStatus.WITHDRAWN).filter(course=OuterRef("pk"))
    teaching = Course.instructors.through._default_manager.filter(course_id=OuterRef("pk"))
    return Course.objects.filter(
        Q(Exists(enrolled.filter(user=viewer))) | Q(Exists(teaching.filter(user_id=viewer.pk))),
        Q(Exists(enrolled.filter(user=person))) | Q(Exists(teaching.filter(user_id=person))),
    )
