"""Instructors of a course. Everything happens under the lock of the course's row, so one always stays."""

from collections.abc import Iterable

from django.db import transaction

from courses import exceptions
from courses.models import Course, User
from courses.selectors import catalog
from courses.services import events
from courses.services.authorship import locked_for_author


@transaction.atomic
def add_instructor(*, author: User, course_id: int, username: str) -> Course:
    """Add somebody who teaches the course. Idempotent.

    Raises NotFound, also for a user name of nobody who can sign in, and PermissionDenied.
    """
    course = _locked_course(author, course_id)
    person = User.objects.select_for_update(no_key=True).filter(username=username, is_active=True).first()
    if person is None:
        raise exceptions.NotFound("Nobody here has this user name. Please check it.", field=["username"])
    course.instructors.add(person)
    events.record_course_changed(course.pk)
    return course


@transaction.atomic
def remove_instructor(*, author: User, course_id: int, user_id: int) -> Course:
    """Remove an instructor of the course: oneself, or somebody else.

    Raises NotFound, also for somebody who does not teach it, PermissionDenied, and Conflict for the last one.
    """
    course = _locked_course(author, course_id)
    person = course.instructors.filter(pk=user_id).first()
    if person is None:
        raise exceptions.NotFound("This person does not teach the course.", field=["userId"])
    course.instructors.remove(person)
    _refuse_nobody(course, "userId")
    events.record_course_changed(course.pk)
    return course


@transaction.atomic
def appoint_instructors(*, author: User, course_id: int, instructors: Iterable[User]) -> Course:
    """Replace the instructors of a course. Raises NotFound, PermissionDenied, and Conflict for nobody."""
    course = _locked_course(author, course_id)
    course.instructors.set(instructors)
    _refuse_nobody(course, "instructors")
    events.record_course_changed(course.pk)
    return course


def _locked_course(author: User, course_id: int) -> Course:
    return locked_for_author(catalog.courses_visible_to(author), course_id, field="courseId")


def _refuse_nobody(course: Course, field: str) -> None:
    """Raise Conflict when nobody teaches the course any more who can sign in: the change is rolled back."""
    if not course.instructors.filter(is_active=True).exists():
        raise exceptions.Conflict(
            "Nobody else teaches this course. Please add another instructor first.", field=[field]
        )
