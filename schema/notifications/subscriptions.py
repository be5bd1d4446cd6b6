"""Subscription to new notifications."""

from typing import Any

import strawberry

from courses.models import User
from courses.selectors.notifications import notifications_of
from courses.services import changes
from schema.context import Info
from schema.core.permissions import Scope
from schema.core.subscriptions import Feed, subscription
from schema.notifications.types import Notification

RECENT = 100
"""Number of newest notifications that are searched for new ones: the longest backlog that can be caught up with."""


class NotificationFeed(Feed):
    """New notifications of the viewer, one event each, exactly once.

    New is what was not there before. The highest key is no high-water mark: of two transactions the one that took the
    lower key may commit later.
    """

    read_until_nothing_is_new = True

    def __init__(self, viewer_id: int) -> None:
        self.topic = changes.person_topic(viewer_id)
        self._known: set[int] = set()
        self._oldest = 0

    def begin(self, viewer: User) -> None:
        self._known = set(self._recent(viewer))
        self._oldest = min(self._known) if len(self._known) == RECENT else 0

    def read(self, viewer: User) -> Any:
        new = [pk for pk in self._recent(viewer) if pk > self._oldest and pk not in self._known]
        if not new:
            return None
        next_one = notifications_of(viewer).filter(pk__in=new).order_by("created_date", "pk").first()
        self._known |= {next_one.pk} if next_one else set()
        return next_one

    def _recent(self, viewer: User) -> list[int]:
        """Return the keys of the newest notifications, newest first."""
        return list(
            notifications_of(viewer).order_by("-created_date", "-pk").values_list("pk", flat=True)[:RECENT]
        )


@strawberry.type
class NotificationSubscription:
    @subscription(
        Notification,
        scope=Scope.NOTIFICATIONS_READ,
        description="Notifications to the viewer from the start of the subscription, each once. Those from an "
        "interruption between server and database are sent after it; after a reconnection read "
        "`Viewer.notifications`.",
    )
    def notification_received(info: Info) -> Feed:
        assert info.context.viewer is not None
        return NotificationFeed(info.context.viewer.pk)
