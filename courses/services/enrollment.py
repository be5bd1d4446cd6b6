"""Enrolment in a course, and withdrawal from it."""

from django.db import transaction

from courses import exceptions
from courses.constants import EnrollmentStatus
from courses.models import Course, Enrollment, User
from courses.selectors import catalog
from courses.utils.clock import database_now


@transaction.atomic
def enroll(*, learner: User, course_id: int) -> Enrollment:
    """Enrol the learner, or renew a withdrawn enrolment. Idempotent.

    Raises NotFound for a course that the learner may not see or that is not published.
    """
    course = _visible_course(learner, course_id)
    if not course.is_published:
        raise exceptions.NotFound(field=["courseId"])
    enrollment, _ = Enrollment.objects.select_for_update(no_key=True).get_or_create(
        user=learner, course=course, defaults={"price_paid": course.price, "currency": course.currency}
    )
    if enrollment.status == EnrollmentStatus.WITHDRAWN:
        enrollment.status = (
            EnrollmentStatus.COMPLETED if enrollment.completed_date else EnrollmentStatus.ACTIVE
        )
        enrollment.save(update_fields=["status", "updated_date"])
    return enrollment


@transaction.atomic
def withdraw(*, learner: User, course_id: int) -> Enrollment:
    """Withdraw from the course. Progress stays. Idempotent. Raises NotEnrolled."""
    course = _visible_course(learner, course_id)
    enrollment = Enrollment.objects.select_for_update(no_key=True).filter(user=learner, course=course).first()
    if enrollment is None:
        raise exceptions.NotEnrolled(field=["courseId"])
    if enrollment.status != EnrollmentStatus.WITHDRAWN:
        enrollment.status, enrollment.withdrawn_date = EnrollmentStatus.WITHDRAWN, database_now()
        enrollment.save(update_fields=["status", "withdrawn_date", "updated_date"])
    return enrollment


def _visible_course(viewer: User, course_id: int) -> Course:
    course = catalog.courses_visible_to(viewer).filter(pk=course_id).first()
    if course is None:
        raise exceptions.NotFound(field=["courseId"])
    return course
