"""Output types of notifications."""

from datetime import datetime

from courses import models
from courses.constants import Scope
from schema.catalog.types import Course
from schema.core.enums import NotificationType
from schema.core.fields import column, computed, declared
from schema.core.ids import Node, node
from schema.dataloaders import notifications as loaders


@node(models.Notification, by_pk=loaders.notification_by_id, scope=Scope.NOTIFICATIONS_READ)
class Notification(Node):
    type: NotificationType = column("notification_type")
    title: str
    message: str
    is_read: bool
    read_at: datetime | None = column("read_date")
    created_at: datetime = column("created_date", "Time at which the notification was sent.")
    course: Course | None = declared(
        loaders.course_of_notification,
        "Course it is about. Null when there is none, or when it is not visible to the viewer now.",
    )

    @computed(
        "Link target: an https:// address, or a path on this site such as `/courses/1`. Null when "
        "there is none.",
        columns=("action_url",),
    )
    def action_url(root: models.Notification) -> str | None:
        return root.action_url or None
