"""Subscription root fields: `subscription(...)` names the scope, and sends what the viewer may see at that moment.

A subscription is authorised when it begins and again for each event: the viewer is re-authenticated, and the event is
read then, by the selectors that every query uses.
"""

import functools
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from typing import Any, ClassVar

import strawberry
from django.conf import settings

from courses import exceptions
from courses.models import User
from courses.services.changes import credentials_topic
from schema.context import Context, Info
from schema.core.compiled_reads import look_ahead
from schema.core.database_failures import DATABASE_FAILURES, failure_code
from schema.core.error_codes import ErrorCode, Limit, graphql_error, limit_exceeded
from schema.core.permissions import RequiresScope, Scope, require_signed_in, scope_missing
from schema.dataloaders.base import fill
from schema.dataloaders.plans import Plan
from schema.execution.database_threads import database

logger = logging.getLogger("schema.subscriptions")


class Feed(ABC):
    """Event source of one subscription, read when `topic` is notified, and when notifications may have been missed."""

    topic: str
    read_until_nothing_is_new: ClassVar[bool]
    """True to send every new thing as an event of its own; False to coalesce, and send only the latest state."""

    @abstractmethod
    def begin(self, viewer: User) -> None:
        """Take a baseline before the first event. Raises NotFound when it is not visible to the viewer."""

    @abstractmethod
    def read(self, viewer: User) -> Any:
        """Return the next row to send, or None. Raises NotFound when it is no longer visible."""

    def sent(self) -> None:  # noqa: B027 - most feeds have nothing to note
        """Note that the row read last is sent. One that could not be filled is read again instead."""


def subscription(of: type, *, scope: Scope, description: str) -> Callable[[Callable[..., Feed]], Any]:
    """Publish a function `(info, ...arguments) -> Feed` as a subscription whose events are of the type `of`.

    Only signed-in people may subscribe. Missing and invisible are one error: NOT_FOUND.
    """

    def decorate(function: Callable[..., Feed]) -> Any:
        function.__annotations__["return"] = AsyncGenerator[of, None]  # type: ignore[valid-type]

        @functools.wraps(function)
        async def resolver(info: Info, **arguments: Any) -> AsyncGenerator[Any, None]:
            require_signed_in(info)
            if not info.context.has_scope(scope):
                raise scope_missing(scope)
            try:
                events = _events(info, scope, function(info, **arguments))
                await anext(events)
            except exceptions.NotFound:
                raise graphql_error(ErrorCode.NOT_FOUND) from None
            except TimeoutError:
                raise graphql_error(ErrorCode.UNAVAILABLE) from None
            return events

        return strawberry.subscription(
            resolver=resolver, description=description, directives=[RequiresScope(scope=scope)]
        )

    return decorate


async def _events(info: Info, scope: Scope, feed: Feed) -> AsyncGenerator[Any, None]:
    """Yield None once subscribed, then each row of the feed.

    A read that fails because of the database stays pending, and is retried at the next turn.
    """
    context, viewer = info.context, info.context.viewer
    assert viewer is not None
    _refuse_too_many(context, viewer)
    ends = [credentials_topic(viewer.pk), *filter(None, [context.identity.session_topic])]
    async with context.listener.subscribed(feed.topic, holder=viewer.pk, ends=ends) as subscriber:
        await database(feed.begin, viewer)
        yield None
        has_news = False
        while True:
            has_news |= await subscriber.turn(settings.SUBSCRIPTION_CHECK_SECONDS)
            if context.listener.has_ended:
                return
            try:
                async with context.listener.turns:
                    viewer = await _who_asks_still(context, scope)
                    row = await database(_read, feed, viewer, look_ahead(info)) if has_news else None
            except DATABASE_FAILURES as error:
                if failure_code(error) is None:
                    raise
                logger.warning("a subscription waits for the database: %s", type(error).__name__)
                continue
            except exceptions.NotFound:
                return
            has_news = False
            if row is not None:
                feed.sent()
                yield row
                if feed.read_until_nothing_is_new:
                    subscriber.wake()


def _read(feed: Feed, viewer: User, plan: Plan) -> Any:
    """Read the next row, and prefetch beneath it."""
    row = feed.read(viewer)
    if row is not None:
        fill(viewer, [row], plan)
    return row


async def _who_asks_still(context: Context, scope: Scope) -> User:
    """Re-authenticate the viewer, whose permissions can have changed; discard what was loaded before.

    Raises UNAUTHENTICATED when it is no longer the person who subscribed, and TOKEN_SCOPE_MISSING.
    """
    identity = await context.identify_again() if context.identify_again else context.identity
    if identity is None or identity.user is None or identity.user != context.viewer:
        raise graphql_error(ErrorCode.UNAUTHENTICATED)
    context.identify(identity, context.draw)
    if not context.has_scope(scope):
        raise scope_missing(scope)
    return identity.user


def _refuse_too_many(context: Context, viewer: User) -> None:
    limit = settings.MAX_SUBSCRIPTIONS
    if context.listener.count(viewer.pk) >= limit:
        raise limit_exceeded(
            Limit.SUBSCRIPTIONS, f"You have {limit} subscriptions; at most {limit} are allowed at once."
        )
