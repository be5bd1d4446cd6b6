"""Subscription to changes of an attempt."""

from typing import Annotated

import strawberry

from courses import exceptions
from courses.models import User
from courses.selectors.attempts import VisibleAttempt
from courses.services import changes
from schema.attempts.types import AssessmentAttempt
from schema.context import Info
from schema.core import ids
from schema.core.permissions import Scope
from schema.core.subscriptions import Feed, subscription
from schema.dataloaders import attempts as loaders

AttemptId = Annotated[
    strawberry.ID,
    strawberry.argument(
        description="Global id of an attempt of the viewer, or in a course that the viewer teaches."
    ),
]


class AttemptFeed(Feed):
    """Current state of one attempt after each change; changes in quick succession are coalesced into one event."""

    read_until_nothing_is_new = False

    def __init__(self, attempt_id: int) -> None:
        self.topic = changes.attempt_topic(attempt_id)
        self._attempt_id = attempt_id

    def begin(self, viewer: User) -> None:
        self.read(viewer)

    def read(self, viewer: User) -> VisibleAttempt:
        found = loaders.attempt_by_id.load(viewer, [self._attempt_id], None)
        attempt: VisibleAttempt | None = found.get(self._attempt_id)
        if attempt is None:
            raise exceptions.NotFound(field=["attemptId"])
        return attempt


@strawberry.type
class AttemptSubscription:
    @subscription(
        AssessmentAttempt,
        scope=Scope.ATTEMPTS_READ,
        description="The attempt, each time it has changed: responses saved or flagged, handed in, closed by the "
        "timer, graded. Changes that follow each other closely are one event. Sent again after an "
        "interruption in which changes may have been missed; completes when the attempt is no longer "
        "visible to the viewer.",
    )
    def attempt_updated(info: Info, attempt_id: AttemptId) -> Feed:
        return AttemptFeed(ids.required_pk(attempt_id, "AssessmentAttempt", "attemptId"))
