"""Mutations that mark notifications as read, and announce to a course."""

import strawberry

from courses import models
from courses.services import notifications as services
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import like, required_like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import notifications as loaders
from schema.notifications.types import Notification


@strawberry.input(description="The notification to mark as read.")
class MarkNotificationReadInput:
    notification_id: strawberry.ID = strawberry.field(
        description="Global id of a notification to the viewer."
    )


@strawberry.type(description="The notification, marked as read.")
class MarkNotificationReadPayload(Payload):
    notification_id: strawberry.Private[int | None] = None
    notification: Notification | None = declared(
        loaders.notification_of_payload, "Notification as it is stored now.", scope=Scope.NOTIFICATIONS_READ
    )


@strawberry.input(description="The notifications to mark as read: all, or those about one course.")
class MarkAllNotificationsReadInput:
    course_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Global id of a course: only notifications about it. Null: all notifications.",
    )


@strawberry.type(description="The number of notifications that were marked.")
class MarkAllNotificationsReadPayload(Payload):
    marked_count: int | None = strawberry.field(
        default=None, description="Number of notifications that were unread before."
    )


@strawberry.input(description="An announcement to everybody who takes a course.")
class AnnounceInput:
    course_id: strawberry.ID = strawberry.field(description="Global id of a course that the viewer teaches.")
    title: str = required_like(models.Notification, "title")
    message: str = strawberry.field(description="Text of the announcement, 1 to 50,000 characters.")
    action_url: str | None = like(models.Notification, "action_url", default=None)


@strawberry.type(description="The number of people who were notified.")
class AnnouncePayload(Payload):
    recipient_count: int | None = strawberry.field(
        default=None, description="Number of learners who were notified."
    )


@strawberry.type
class NotificationMutation:
    @mutation(
        scope=Scope.NOTIFICATIONS_WRITE,
        description="Mark a notification as read. Idempotent: the first `readAt` stays.",
    )
    def mark_notification_read(info: Info, input: MarkNotificationReadInput) -> MarkNotificationReadPayload:
        pk = ids.required_pk(input.notification_id, "Notification", "notificationId")
        notification = services.mark_read(reader=info.context.person, notification_id=pk)
        return MarkNotificationReadPayload(notification_id=notification.pk)

    @mutation(
        scope=Scope.NOTIFICATIONS_WRITE,
        description="Mark all notifications as read, or those about one course. Idempotent.",
    )
    def mark_all_notifications_read(
        info: Info, input: MarkAllNotificationsReadInput
    ) -> MarkAllNotificationsReadPayload:
        course_id = (
            ids.required_pk(input.course_id, "Course", "courseId") if input.course_id is not None else None
        )
        count = services.mark_all_read(reader=info.context.person, course_id=course_id)
        return MarkAllNotificationsReadPayload(marked_count=count)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Send a notification to everybody who takes a course. For the staff of the course. "
        "Without an idempotency key, each call sends one.",
    )
    def announce(info: Info, input: AnnounceInput) -> AnnouncePayload:
        count = services.announce(
            author=info.context.person,
            course_id=ids.required_pk(input.course_id, "Course", "courseId"),
            title=input.title,
            message=input.message,
            action_url=input.action_url or "",
        )
        return AnnouncePayload(recipient_count=count)
