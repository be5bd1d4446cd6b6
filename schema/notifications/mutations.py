"""Reading notifications, and announcing to a course."""

import strawberry

from courses.services import notifications as services
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import notifications as loaders
from schema.notifications.types import Notification


@strawberry.input(description="Which notification was read.")
class MarkNotificationReadInput:
    notification_id: strawberry.ID = strawberry.field(description="One of the viewer's own.")


@strawberry.type(description="The notification, now read.")
class MarkNotificationReadPayload(Payload):
    notification_id: strawberry.Private[int | None] = None
    notification: Notification | None = declared(loaders.notification_of_payload, "The notification.")


@strawberry.input(description="Which notifications were read: all, or those about one course.")
class MarkAllNotificationsReadInput:
    course_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only those about this course. Left out: all."
    )


@strawberry.type(description="How many notifications were not read before.")
class MarkAllNotificationsReadPayload(Payload):
    marked_count: int | None = strawberry.field(default=None, description="How many were marked as read.")


@strawberry.input(description="What to tell everybody who takes a course.")
class AnnounceInput:
    course_id: strawberry.ID = strawberry.field(description="A course that the viewer teaches.")
    title: str = strawberry.field(description="The title, 1 to 255 characters.")
    message: str = strawberry.field(description="The text, 1 to 50000 characters.")
    action_url: str | None = strawberry.field(
        default=None,
        description="Where to go: an https address or a path on this site, such as `/courses/1`.",
    )


@strawberry.type(description="How many people were told.")
class AnnouncePayload(Payload):
    recipient_count: int | None = strawberry.field(default=None, description="How many learners were told.")


@strawberry.type
class NotificationMutation:
    @mutation(
        scope=Scope.COURSES_WRITE, description="Note that a notification was read; the first time counts."
    )
    def mark_notification_read(info: Info, input: MarkNotificationReadInput) -> MarkNotificationReadPayload:
        pk = ids.required_pk(input.notification_id, "Notification", "notificationId")
        notification = services.mark_read(reader=info.context.person, notification_id=pk)
        return MarkNotificationReadPayload(notification_id=notification.pk)

    @mutation(scope=Scope.COURSES_WRITE, description="Note that all notifications were read.")
    def mark_all_notifications_read(
        info: Info, input: MarkAllNotificationsReadInput
    ) -> MarkAllNotificationsReadPayload:
        course_id = (
            ids.required_pk(input.course_id, "Course", "courseId") if input.course_id is not None else None
        )
        count = services.mark_all_read(reader=info.context.person, course_id=course_id)
        return MarkAllNotificationsReadPayload(marked_count=count)

    @mutation(scope=Scope.COURSES_WRITE, description="Tell everybody who takes a course. For its staff.")
    def announce(info: Info, input: AnnounceInput) -> AnnouncePayload:
        count = services.announce(
            author=info.context.person,
            course_id=ids.required_pk(input.course_id, "Course", "courseId"),
            title=input.title,
            message=input.message,
            action_url=input.action_url or "",
        )
        return AnnouncePayload(recipient_count=count)
