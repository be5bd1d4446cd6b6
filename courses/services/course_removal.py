"""Removal of courses and lessons, as long as learners lose nothing with them.

Whatever would be lost refers to a row that is locked completely here, so nothing can be added between the look and the
removal: a learner who starts, or writes, at the same moment comes first or finds nothing there.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, QuerySet

from courses import exceptions
from courses.models import Assessment, Course, Lesson, User
from courses.policies.participation import teaches
from courses.selectors import authoring, catalog
from courses.services import events, progress
from courses.services.authorship import locked_for_author


@transaction.atomic
def delete_course(*, author: User, course_id: int) -> None:
    """Delete a course with its lessons, assessments and enrolments.

    Raises NotFound, PermissionDenied, and InUse, which names what learners would lose.
    """
    course = locked_for_author(
        catalog.courses_visible_to(author), course_id, field="courseId", completely=True
    )
    _lock_completely(Lesson.objects.filter(course=course))
    _lock_completely(Assessment.objects.filter(lesson__course=course))
    if lost := authoring.lost_with_course(course):
        raise exceptions.InUse(
            f"Learners would lose {_listed(lost)} with this course. You can unpublish it instead.",
            ["courseId"],
        )
    events.record_course_changed(course.pk)
    course.delete()


@transaction.atomic
def delete_lesson(*, author: User, lesson_id: int) -> None:
    """Delete a lesson with its material and assessment, and close the gap that it leaves in the order.

    Learners then have one less to complete: who has completed all others has completed the course. Raises NotFound,
    PermissionDenied, and InUse, which names what learners would lose.
    """
    lessons = authoring.lessons_to_author(author)
    parent = lessons.filter(teaches(author, "course_id"), pk=lesson_id).values("course")
    course = Course.objects.select_for_update(no_key=True).filter(pk__in=parent).first()
    lesson = locked_for_author(lessons, lesson_id, field="lessonId", completely=True)
    assert course is not None, "whoever may edit a lesson has just locked its course"
    _lock_completely(Assessment.objects.filter(lesson=lesson))
    if lost := authoring.lost_with_lesson(lesson):
        raise exceptions.InUse(
            f"Learners would lose {_listed(lost)} with this lesson. You can edit it instead.", ["lessonId"]
        )
    lesson.delete()
    Lesson.objects.filter(course=course, order__gt=lesson.order).update(order=F("order") - 1)
    progress.update_progress(course=course)
    events.record_course_changed(course.pk)


def _lock_completely(rows: QuerySet[Lesson] | QuerySet[Assessment]) -> None:
    """Lock rows until the end of the transaction, such that nothing new can refer to them."""
    list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def _listed(kinds: Sequence[str]) -> str:
    """Return the kinds as words of a sentence: `a, b and c`."""
    *first, last = kinds
    return f"{', '.join(first)} and {last}" if first else last
