"""Subscription to the event feed."""

from collections.abc import Collection
from typing import Any

import strawberry

from courses import exceptions
from courses.constants import EventType, Scope
from courses.models import User
from courses.selectors.catalog import courses_visible_to
from courses.selectors.events import events_after
from courses.services import changes, events
from schema.context import Info
from schema.core.subscriptions import Feed, subscription
from schema.events.filters import OfCourse, Types, course_asked_for
from schema.events.types import Event


class EventFeed(Feed):
    """Events after the beginning of the subscription that the viewer may see, each once, in order."""

    read_until_nothing_is_new = True

    def __init__(self, types: Collection[EventType] | None, course_id: int | None) -> None:
        self.topic = changes.events_topic(course_id)
        self._types, self._course_id = types, course_id
        self._position = self._end = 0

    def begin(self, viewer: User) -> None:
        if self._course_id is not None and not courses_visible_to(viewer).filter(pk=self._course_id).exists():
            raise exceptions.NotFound(field=["courseId"])
        self._position = events.settle()

    def read(self, viewer: User) -> Any:
        while True:
            passage = events_after(
                viewer, self._position, size=1, types=self._types, course_id=self._course_id
            )
            if passage.events:
                self._end = passage.end
                return passage.events[0]
            self._position = passage.end
            if not passage.has_more:
                return None

    def sent(self) -> None:
        self._position = self._end


@strawberry.type
class EventSubscription:
    @subscription(
        Event,
        scope=Scope.EVENTS_READ,
        description="Events from the start of the subscription that the viewer may see, each once, in the order of "
        "`events`. After a reconnection read on by `events(after:)`.",
    )
    def event_occurred(info: Info, types: Types = None, course_id: OfCourse = None) -> Feed:
        return EventFeed(types, course_asked_for(course_id))
