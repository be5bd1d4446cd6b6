"""Fixtures of subscriptions: a feed by itself, and a whole server with its subscribers."""

import threading
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from courses.constants import Scope
from courses.models import Assessment, AssessmentAttempt, User
from courses.services.access_tokens import create_access_token
from courses.services.attempts import flag_question
from schema.context import Context, Identity
from schema.execution.listening import Listener, Subscriber
from schema.root import schema
from tests import factories
from tests.conftest import Answered
from tests.schema.attempts.conftest import assessment, course
from tests.schema.execution.conftest import LiveServer, real_threads
from tests.subscribing import PATIENCE_SECONDS, Connection, Connections
from tests.taking import Api, start

__all__ = ["assessment", "course", "real_threads"]


class AlwaysNews(Listener):
    """There is news of every topic at once, and no session that listens."""

    @asynccontextmanager
    async def subscribed(
        self, topic: str, *, holder: Hashable, ends: Collection[str] = ()
    ) -> AsyncIterator[Subscriber]:
        subscriber = Subscriber(holder)
        subscriber.wake()
        yield subscriber


@pytest.fixture
def first_event(db: None) -> Callable[..., Answered]:
    """`first_event(document, viewer, scopes=..., **variables)` subscribes, and gives what comes of news."""

    def watch(
        document: str,
        viewer: User | None = None,
        scopes: frozenset[str] | None = None,
        listener: Listener | None = None,
        **variables: Any,
    ) -> Answered:
        async def run() -> Answered:
            context = Context(Identity(viewer, scopes), listener=listener or AlwaysNews())
            stream = await schema.subscribe(document, variable_values=variables, context_value=context)
            try:
                async with aclosing(stream) as events:
                    result = await anext(events)
                    return Answered(result.data, [error.formatted for error in result.errors or []])
            finally:
                await context.listener.stop()

        return async_to_sync(run)()

    return watch


class Live:
    """A server on a port, and clients that subscribe as somebody."""

    def __init__(self, address: str, server: LiveServer, connections: Connections) -> None:
        self.address = address
        self.application = server.application
        self.connections = connections
        self.turns = threading.Semaphore(0)

    def token(self, person: User, *scopes: str) -> str:
        made = create_access_token(owner=person, name="program", scopes=scopes or Scope.values)
        return made.secret

    def connect(self, person: User) -> Connection:
        return self.connections.open(self.address, self.token(person))

    def watch(self, person: User, query: str, **variables: Any) -> Connection:
        """A client of `person` whose subscription stands."""
        client = self.connect(person)
        client.subscribe(query, **variables)
        self.wait_for_turn()
        return client

    def wait_for_turn(self) -> None:
        """Wait until one more subscriber has begun to wait for news."""
        assert self.turns.acquire(timeout=PATIENCE_SECONDS)


@pytest.fixture
def live(real_threads: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    server = LiveServer(schema)
    with Connections() as connections:
        running = Live(server.start(), server, connections)
        wait = Subscriber.turn

        async def wait_and_say_so(self: Subscriber, seconds: float) -> bool:
            running.turns.release()
            return await wait(self, seconds)

        monkeypatch.setattr(Subscriber, "turn", wait_and_say_so)
        yield running
    server.stop()


@pytest.fixture
def attempt(live: Live, learner: User, assessment: Assessment) -> AssessmentAttempt:
    return factories.make_attempt(learner, assessment)


@pytest.fixture
def attempt_id(api: Api, attempt: AssessmentAttempt) -> str:
    return start(api, attempt.user, attempt.assessment)["id"]


def flag(attempt: AssessmentAttempt, is_flagged: bool = True) -> None:
    """Mark the first question of the attempt, or take the mark away: a change like any other."""
    question = attempt.layout["questions"][0]["id"]
    flag_question(learner=attempt.user, attempt_id=attempt.pk, question_id=question, is_flagged=is_flagged)
