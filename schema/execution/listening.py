"""LISTEN/NOTIFY: one PostgreSQL session of each process listens on the event loop for changes by other processes.

A payload is a list of topics with spaces between. A notification says that something has changed, not what: subscribers
read what is there then. So a slow subscriber needs no queue, and after a lost session all are notified once the
process listens again.

Writers tell only what is watched: the session shares the lock of every topic that has subscribers here (`watch_of`).
While a transaction that has told nothing of a topic has its lock, a subscriber waits with its first read.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Hashable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import chain

import psycopg2
import psycopg2.extensions
from django.conf import settings
from django.db import connection
from psycopg2 import sql

from courses.services.changes import CHANNEL, CREDENTIALS, SESSION, Watch, watch_of

SESSION_NAME = "courses listening"
"""`application_name` of the session in `pg_stat_activity`."""

SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 5.0

TRY_AGAIN_SECONDS = 0.02
"""Pause before a lock is tried again that a writer had: about as long as its transaction takes."""

_WATCH = """
SELECT kind, number FROM unnest(%s::int[], %s::int[]) AS watch (kind, number)
WHERE pg_try_advisory_lock_shared(kind, number)
"""
_WATCH_NO_LONGER = """
SELECT pg_advisory_unlock_shared(kind, number) FROM unnest(%s::int[], %s::int[]) AS watch (kind, number)
"""

_NOTICE_A_DEAD_NETWORK = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}

logger = logging.getLogger("schema.listening")


class Subscriber:
    """Subscriber to one topic. Notifications that come while it is busy are coalesced into one.

    `ends` are the topics after which its credentials have to be looked at again.
    """

    def __init__(self, holder: Hashable, watch: Watch | None = None, ends: Collection[str] = ()) -> None:
        self.holder, self.watch, self.ends = holder, watch, ends
        self.is_told = asyncio.Event()
        """Set while the session has the lock `watch`, so that writers tell of the topic."""
        self._woken = asyncio.Event()
        self._has_news = False

    def wake(self) -> None:
        """Notify the subscriber."""
        self._has_news = True
        self._woken.set()

    def check(self) -> None:
        """End the subscriber's turn without news: its credentials may have ended."""
        self._woken.set()

    def rest(self) -> None:
        """Discard pending notifications."""
        self._has_news = False
        self._woken.clear()

    async def turn(self, seconds: float) -> bool:
        """Wait for a notification, at most `seconds`; tell if there was one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        has_news = self._has_news
        self.rest()
        return has_news


class Listener:
    """Listening session of one process, opened for the first subscriber and kept until `stop`."""

    def __init__(self) -> None:
        self._subscribers: dict[str, set[Subscriber]] = {}
        self._task: asyncio.Task[None] | None = None
        self._topics_changed = asyncio.Event()
        self.has_ended = False
        """True once the process stops: no notifications follow."""
        self.turns = asyncio.Semaphore(max(1, settings.DATABASE_THREADS // 2))
        """Semaphore of reads after notifications: a burst leaves requests half of the database threads."""

    @asynccontextmanager
    async def subscribed(
        self, topic: str, *, holder: Hashable, ends: Collection[str] = ()
    ) -> AsyncIterator[Subscriber]:
        """Subscribe to `topic` within the block; the subscription counts for `holder`, and `ends` tell of the end of
        its credentials.

        Each change is notified of that is not there to be read when the block begins.
        Raises TimeoutError when the process cannot listen to the database within the deadline of a request.
        """
        if self.has_ended:
            raise TimeoutError
        subscriber = Subscriber(holder, watch_of(topic), ends)
        self._subscribers.setdefault(topic, set()).add(subscriber)
        self._topics_changed.set()
        try:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._keep_listening())
            async with asyncio.timeout(settings.REQUEST_DEADLINE_SECONDS):
                await subscriber.is_told.wait()
            subscriber.rest()
            yield subscriber
        finally:
            self._leave(topic, subscriber)

    def count(self, holder: Hashable) -> int:
        """Count the subscriptions of `holder` in this process."""
        return sum(subscriber.holder == holder for subscriber in self._everyone())

    @property
    def subscribers(self) -> int:
        """Number of subscriptions in this process."""
        return sum(map(len, self._subscribers.values()))

    @property
    def is_listening(self) -> bool:
        """True from the first subscription on: the session is open, or about to be opened again."""
        return self._task is not None

    def end(self) -> None:
        """Mark as ended, and wake every subscriber to see it."""
        self.has_ended = True
        for subscriber in self._everyone():
            subscriber.wake()

    async def stop(self) -> None:
        """Close the session."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def _leave(self, topic: str, subscriber: Subscriber) -> None:
        self._subscribers[topic].discard(subscriber)
        if not self._subscribers[topic]:
            del self._subscribers[topic]
            self._topics_changed.set()

    async def _keep_listening(self) -> None:
        """Listen, and reconnect whenever the session is lost, with exponential backoff while that fails."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                session = await asyncio.to_thread(_open_session)
            except psycopg2.Error as error:
                logger.warning("cannot listen to the database: %s", type(error).__name__)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                pause = SHORTEST_PAUSE
                await self._listen(session)
                logger.warning("the session that listens was lost")
            await asyncio.sleep(pause)

    async def _listen(self, session: psycopg2.extensions.connection) -> None:
        """Watch the topics of subscribers, and dispatch the notifications of `session`, until it is lost."""
        loop, lost, socket = asyncio.get_running_loop(), asyncio.Event(), session.fileno()
        watched: set[Watch] = set()

        def hear() -> None:
            try:
                session.poll()
            except psycopg2.Error:
                loop.remove_reader(socket)  # or a busy loop would follow
                lost.set()
                self._topics_changed.set()
            else:
                self._pass_on(session)

        try:
            while not lost.is_set():
                self._topics_changed.clear()
                wanted = {subscriber.watch for subscriber in self._everyone() if subscriber.watch}
                if wanted != watched:
                    loop.remove_reader(socket)  # the session is in the hands of another thread
                    watched = await asyncio.to_thread(_watch, session, watched, wanted)
                self._tell_from_now_on(watched)
                loop.add_reader(socket, hear)
                hear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if watched == wanted else TRY_AGAIN_SECONDS):
                        await self._topics_changed.wait()
        except psycopg2.Error:
            pass  # lost while it was asked
        finally:
            for subscriber in self._everyone():
                subscriber.is_told.clear()
            loop.remove_reader(socket)
            session.close()

    def _tell_from_now_on(self, watched: Collection[Watch]) -> None:
        """Mark the subscribers to topics that are watched; wake those whose topics were not, and may have changed."""
        for subscriber in self._everyone():
            if subscriber.watch in watched and not subscriber.is_told.is_set():
                subscriber.is_told.set()
                subscriber.wake()

    def _pass_on(self, session: psycopg2.extensions.connection) -> None:
        while session.notifies:
            for topic in session.notifies.pop(0).payload.split():
                if topic.partition(":")[0] in (CREDENTIALS, SESSION):
                    self._check(topic)
                for subscriber in self._subscribers.get(topic, ()):
                    subscriber.wake()

    def _check(self, topic: str) -> None:
        for subscriber in self._everyone():
            if topic in subscriber.ends:
                subscriber.check()

    def _everyone(self) -> Iterator[Subscriber]:
        return chain.from_iterable(self._subscribers.values())


def _open_session() -> psycopg2.extensions.connection:
    """Open a session that listens, beside those of the database threads."""
    where = {"dsn": settings.LISTEN_URL} if settings.LISTEN_URL else connection.get_connection_params()
    parameters = where | _NOTICE_A_DEAD_NETWORK
    session = psycopg2.connect(**parameters | {"cursor_factory": None, "application_name": SESSION_NAME})
    session.autocommit = True
    with session.cursor() as cursor:
        cursor.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
    return session


def _watch(session: psycopg2.extensions.connection, watched: set[Watch], wanted: set[Watch]) -> set[Watch]:
    """Have `session` watch what is wanted in place of what it has `watched`; return what it watches now.

    Left out are locks that writers have at the moment.
    """
    with session.cursor() as cursor:
        cursor.execute(_WATCH_NO_LONGER, _in_columns(watched - wanted))
        cursor.execute(_WATCH, _in_columns(wanted - watched))
        return watched & wanted | {Watch(*values) for values in cursor.fetchall()}


def _in_columns(watches: Collection[Watch]) -> list[list[int]]:
    return [[watch.kind for watch in watches], [watch.number for watch in watches]]
