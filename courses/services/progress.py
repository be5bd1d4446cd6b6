"""Progress of learners: completion of lessons, and with the last one of the course.

Progress depends on the lessons of a course, so completing one locks the course's row shared and adding one locks
it exclusively: neither counts with what the other is about to change.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from courses import exceptions
from courses.constants import ActivityType, EnrollmentStatus, EventType, NotificationType
from courses.models import Course, Enrollment, Lesson, LessonCompletion, User
from courses.policies.participation import TAKES
from courses.selectors import catalog
from courses.services import activity, events, notifications
from courses.utils.clock import StatementTimestamp
from courses.utils.sql import execute

_UPDATE_PROGRESS = """
UPDATE courses_enrollment AS enrollment SET
    progress_percentage = round(100.0 * counted.completed / greatest(counted.lessons, 1), 2),
    updated_date = statement_timestamp()
FROM (
    SELECT learner.id, count(lesson.id) AS lessons, count(completion.id) AS completed
    FROM courses_enrollment AS learner
    LEFT JOIN courses_lesson AS lesson ON lesson.course_id = learner.course_id
    LEFT JOIN courses_lessoncompletion AS completion
        ON completion.lesson_id = lesson.id AND completion.user_id = learner.user_id
    WHERE learner.course_id = %(course)s AND learner.completed_date IS NULL
        AND learner.user_id = coalesce(%(learner)s, learner.user_id)
    GROUP BY learner.id
) AS counted
WHERE enrollment.id = counted.id
"""


@transaction.atomic
def complete_lesson(*, learner: User, lesson_id: int) -> Enrollment:
    """Record that the learner completed a lesson. The last one completes the course. Idempotent.

    Raises NotFound, or NotEnrolled for people who do not take the course now.
    """
    lesson = catalog.lessons_visible_to(learner).filter(pk=lesson_id).select_related("course").first()
    if lesson is None:
        raise exceptions.NotFound(field=["lessonId"])
    _hold_lessons(lesson.course)
    own = Enrollment.objects.filter(user=learner, course=lesson.course)
    enrollment = own.filter(TAKES).select_for_update(no_key=True).first()
    if enrollment is None:
        raise exceptions.NotEnrolled(field=["lessonId"])
    _, is_new = LessonCompletion.objects.get_or_create(user=learner, lesson=lesson)
    if not is_new:
        return enrollment
    activity.record(actor=learner, type=ActivityType.COMPLETE_LESSON, course=lesson.course, lesson=lesson)
    _update_progress(lesson.course, learner)
    complete_finished(course=lesson.course, enrollments=own)
    events.record(EventType.LESSON_COMPLETED, [events.Subject(lesson.pk, lesson.course_id, learner.pk)])
    events.record_enrollments_changed([enrollment])
    enrollment.refresh_from_db()
    return enrollment


@transaction.atomic
def update_progress(*, course: Course) -> None:
    """Recompute progress after lessons were added or removed. A completed course stays completed, and is completed by
    those who have no lesson left.
    """
    _update_progress(course, None)
    events.record_enrollments_changed(complete_finished(course=course, enrollments=course.enrollments.all()))


def complete_finished(*, course: Course, enrollments: QuerySet[Enrollment]) -> list[Enrollment]:
    """Complete the course, and tell them, for active learners who have no lesson left; return their enrolments, as they
    were. The enrolments are locked.
    """
    done = LessonCompletion.objects.filter(lesson=OuterRef("pk"), user=OuterRef(OuterRef("user")))
    left = Lesson.objects.filter(~Exists(done), course=OuterRef("course"))
    finished = enrollments.filter(~Exists(left), status=EnrollmentStatus.ACTIVE, progress_percentage=100)
    completed = list(finished.select_related("user").order_by("pk"))
    if not completed:
        return []
    learners = [enrollment.user for enrollment in completed]
    enrollments.filter(user__in=learners).update(
        status=EnrollmentStatus.COMPLETED,
        completed_date=StatementTimestamp(),
        updated_date=StatementTimestamp(),
    )
    notifications.notify(
        recipients=learners,
        type=NotificationType.ACHIEVEMENT,
        title="Course completed",
        message=f"You have completed every lesson of “{course.title}”. Well done!",
        course=course,
        action_url=f"/courses/{course.pk}",
    )
    return completed


def _hold_lessons(course: Course) -> None:
    """Lock the course's row shared: lessons cannot be added until the transaction ends, other learners do not wait."""
    execute("SELECT FROM courses_course WHERE id = %(course)s FOR SHARE", course=course.pk)


def _update_progress(course: Course, learner: User | None) -> None:
    execute(_UPDATE_PROGRESS, course=course.pk, learner=learner.pk if learner else None)
