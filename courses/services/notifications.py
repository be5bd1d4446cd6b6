"""Notifications: sending, and marking as read."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models.functions import Now

from courses import exceptions
from courses.constants import MAX_LONG_TEXT_LENGTH, NotificationType
from courses.models import Course, Enrollment, Notification, User
from courses.policies.participation import TAKES
from courses.policies.people import IS_HERE
from courses.rules.words import trimmed
from courses.selectors import catalog, notifications
from courses.services.authorship import found_for_staff
from courses.services.changes import tell_people_notified
from courses.utils.sql import fetch, in_sql

_ANNOUNCE = f"""
INSERT INTO {Notification._meta.db_table} (user_id, course_id, notification_type, title, message, action_url)
SELECT person.id, learner.course_id, '{NotificationType.ANNOUNCEMENT}', %(title)s, %(message)s, %(action_url)s
FROM courses_enrollment AS learner
JOIN courses_user AS person ON person.id = learner.user_id AND {in_sql(IS_HERE, person=User)}
WHERE learner.course_id = %(course)s AND {in_sql(TAKES, learner=Enrollment)}
RETURNING user_id
"""  # noqa: S608 - names and constants of the models only


def notify(
    *,
    recipients: Iterable[User],
    type: NotificationType,
    title: str,
    message: str,
    course: Course | None = None,
    action_url: str = "",
) -> list[Notification]:
    """Notify each of `recipients` once, erased people excepted, with one INSERT for any number of them.

    `action_url` is an https address or a path on this site. Raises ValidationError for values that no notification
    can hold.
    """
    told = [
        Notification(
            user=recipient,
            notification_type=type,
            title=title,
            message=message,
            course=course,
            action_url=action_url,
        )
        for recipient in {each.pk: each for each in recipients if each.erased_at is None}.values()
    ]
    for notification in told[:1]:
        notification.clean_fields(exclude=["user", "course"])
    with transaction.atomic(savepoint=False):
        Notification.objects.bulk_create(told)
        tell_people_notified([notification.user_id for notification in told])
    return told


@transaction.atomic
def announce(*, author: User, course_id: int, title: str, message: str, action_url: str = "") -> int:
    """Notify everybody who takes the course, with one INSERT; return their number.

    Raises NotFound, PermissionDenied for everyone but the course's staff, Invalid for a message that is too
    long, and ValidationError for values that no notification can hold.
    """
    found_for_staff(
        catalog.courses_visible_to(author),
        course_id,
        field="courseId",
        refusal="Only the instructors of a course announce to it.",
    )
    title, message = trimmed(title), trimmed(message)
    if len(message) > MAX_LONG_TEXT_LENGTH:
        raise exceptions.Invalid(
            f"Please write at most {MAX_LONG_TEXT_LENGTH} characters.", field=["message"]
        )
    announced = Notification(title=title, message=message, action_url=action_url)
    announced.clean_fields(exclude=["user", "course"])
    told = fetch(_ANNOUNCE, course=course_id, title=title, message=message, action_url=action_url)
    tell_people_notified([row.user_id for row in told])
    return len(told)


def mark_read(*, reader: User, notification_id: int) -> Notification:
    """Mark a notification as read; the first time counts. Raises NotFound for other people's."""
    own = notifications.notifications_of(reader).filter(pk=notification_id)
    own.filter(is_read=False).update(is_read=True, read_date=Now(), updated_date=Now())
    notification = own.first()
    if notification is None:
        raise exceptions.NotFound(field=["notificationId"])
    return notification


def mark_all_read(*, reader: User, course_id: int | None = None) -> int:
    """Mark everything, or everything about one course, as read; return the number of notifications."""
    unread = notifications.notifications_of(reader).filter(is_read=False)
    if course_id is not None:
        unread = unread.filter(course=course_id)
    return unread.update(is_read=True, read_date=Now(), updated_date=Now())
