"""One session of each process listens to what others have changed."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg2.extensions
import pytest
from django.db import connection, transaction

from courses.models import User
from courses.services.changes import (
    CHANNEL,
    TOPICS_PER_MESSAGE,
    person_topic,
    tell_attempts_changed,
    tell_people_notified,
)
from courses.utils.sql import execute
from schema.execution import listening
from schema.execution.listening import SESSION_NAME, Listener, Subscriber
from tests import factories
from tests.schema.execution.conftest import LiveServer, other_sessions, wait_until
from tests.schema.execution.test_live_server import REQUESTS, SESSIONS, Load
from tests.subscribing import Connection, Connections

NEWS = "subscription ($topic: String!) { newsOf(topic: $topic) }"


def tell(message: str) -> None:
    execute("SELECT pg_notify(%(channel)s, %(message)s)", channel=CHANNEL, message=message)


def listening_sessions() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
            [SESSION_NAME],
        )
        return [pid for (pid,) in cursor.fetchall()]


def lose(sessions: list[int]) -> None:
    execute("SELECT pg_terminate_backend(pid) FROM unnest(%(pids)s) AS pid", pids=sessions)


@pytest.fixture
def connections() -> Iterator[Connections]:
    with Connections() as opened:
        yield opened


@pytest.fixture
def watch(connections: Connections, address: str) -> Callable[[str], Connection]:
    """`watch("course:1")` gives a client that hears of the topic from now on."""

    def begin(topic: str) -> Connection:
        client = connections.open(address)
        client.subscribe(NEWS, topic=topic)
        assert client.event() == {"newsOf": 0}
        return client

    return begin


def test_without_a_subscriber_there_is_no_session_that_listens(address, connections):
    connections.open(address)

    assert listening_sessions() == []


def test_news_reach_those_who_watch_their_topic_and_no_others(watch):
    one, other = watch("course:1"), watch("course:10")

    tell("course:1 course:2")
    assert one.event() == {"newsOf": 1}
    tell("course:10")

    assert other.event() == {"newsOf": 1}


def test_any_number_of_subscribers_shares_one_session(watch):
    clients = [watch(f"course:{number % 3}") for number in range(10)]

    tell("course:0 course:1 course:2")

    assert [client.event() for client in clients] == [{"newsOf": 1}] * 10
    assert len(listening_sessions()) == 1


def test_what_is_rolled_back_is_never_told(watch):
    client = watch("course:1")
    second = client.subscribe(NEWS, topic="course:2")
    client.event()

    with transaction.atomic():
        tell("course:1")
        transaction.set_rollback(True)
    tell("course:2")

    assert client.message()["id"] == second


def test_a_session_that_was_lost_is_replaced_and_everybody_is_told_to_look_again(watch):
    clients = [watch(f"course:{number}") for number in range(3)]
    lost = listening_sessions()

    lose(lost)

    assert [client.event() for client in clients] == [{"newsOf": 1}] * 3
    assert len(listening_sessions()) == 1
    assert listening_sessions() != lost
    tell("course:2")
    assert clients[2].event() == {"newsOf": 2}


def test_losing_the_session_again_and_again_is_survived(watch):
    client = watch("course:1")

    for count in range(1, 4):
        lose(listening_sessions())
        assert client.event() == {"newsOf": count}


def test_a_slow_subscriber_finds_all_that_happened_meanwhile_as_one_piece_of_news():
    async def scenario() -> list[bool]:
        subscriber = Subscriber(holder=1)
        for _ in range(1000):
            subscriber.wake()
        return [await subscriber.turn(seconds=5), await subscriber.turn(seconds=0)]

    assert asyncio.run(scenario()) == [True, False]


def test_a_server_that_listens_holds_exactly_one_session_more(address, watch):
    client = watch("course:1")
    load = Load(address)

    load.run()

    assert load.statuses == {200: REQUESTS}
    assert len(other_sessions()) == SESSIONS + 1
    tell("course:1")
    assert client.event() == {"newsOf": 1}


def test_a_server_that_listened_leaves_no_session_when_it_stops(real_threads, connections):
    server = LiveServer()
    client = connections.open(server.start())
    client.subscribe(NEWS, topic="course:1")
    client.event()

    stopping = threading.Thread(target=server.stop)
    stopping.start()

    assert client.closed() == 1012
    stopping.join()
    wait_until(lambda: other_sessions() == [])


@pytest.mark.parametrize("count", [1, TOPICS_PER_MESSAGE + 1, 10_000])
def test_any_number_of_topics_is_told_with_one_statement(db, count, django_assert_num_queries):
    largest = 2**63 - 1
    with django_assert_num_queries(1):
        tell_attempts_changed(range(largest - count, largest))


def test_nothing_to_tell_costs_no_statement(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        tell_attempts_changed([])


def test_the_session_that_listens_can_go_past_a_pooler(db, settings):
    reached = connection.get_connection_params()
    settings.LISTEN_URL = psycopg2.extensions.make_dsn(
        **{name: reached[name] for name in ("host", "port", "user", "password") if name in reached},
        dbname="postgres",
    )

    session = listening._open_session()

    try:
        assert session.info.dbname == "postgres"
    finally:
        session.close()


class Writer:
    """A transaction on a thread of its own that renames somebody and tells of it, in steps that the test allows."""

    def __init__(self, person: User, name: str = "after") -> None:
        self._person, self._name = person, name
        self.may_write, self.has_told, self.may_commit = (threading.Event() for _ in range(3))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def commit(self) -> None:
        for step in (self.may_write, self.may_commit):
            step.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(connection):
            self.may_write.wait(timeout=30)
            with transaction.atomic():
                User.objects.filter(pk=self._person.pk).update(first_name=self._name)
                tell_people_notified([self._person.pk])
                self.has_told.set()
                self.may_commit.wait(timeout=30)


def name_of(person: User) -> str:
    with closing(connection):
        return User.objects.get(pk=person.pk).first_name


async def first_read(listener: Listener, person: User) -> list[str]:
    """The name of a person when the subscription begins; and the one after it, if that was not yet the last."""
    async with listener.subscribed(person_topic(person.pk), holder=1) as subscriber:
        names = [await asyncio.to_thread(name_of, person)]
        if names == ["before"]:
            assert await subscriber.turn(seconds=20)
            names.append(await asyncio.to_thread(name_of, person))
        return names


@pytest.fixture
def person(transactional_db: None) -> User:
    return factories.make_user(first_name="before")


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Released whenever the session has tried to watch."""
    tried, watch = threading.Semaphore(0), listening._watch

    def watch_and_say_so(*args: object) -> object:
        try:
            return watch(*args)  # type: ignore[arg-type]
        finally:
            tried.release()

    monkeypatch.setattr(listening, "_watch", watch_and_say_so)
    return tried


def test_whoever_subscribes_while_a_change_is_not_committed_reads_it_first(person, tries):
    async def scenario() -> list[str]:
        listener, writer = Listener(), Writer(person)
        writer.may_write.set()
        assert writer.has_told.wait(timeout=30)
        subscription = asyncio.create_task(first_read(listener, person))
        for _ in range(3):
            assert await asyncio.to_thread(tries.acquire, timeout=30)
        assert not subscription.done()
        await asyncio.to_thread(writer.commit)
        names = await subscription
        await listener.stop()
        return names

    assert asyncio.run(scenario()) == ["after"]


def test_whoever_has_subscribed_before_a_change_is_told_hears_of_it(person):
    async def scenario() -> str:
        listener, writer = Listener(), Writer(person)
        async with listener.subscribed(person_topic(person.pk), holder=1) as subscriber:
            await asyncio.to_thread(writer.commit)
            assert await subscriber.turn(seconds=20)
            name = await asyncio.to_thread(name_of, person)
        await listener.stop()
        return name

    assert asyncio.run(scenario()) == "after"


def test_who_subscribes_and_who_writes_in_the_same_moment_never_miss_each_other(transactional_db):
    async def scenario() -> list[str]:
        listener, last = Listener(), []
        for _ in range(100):
            person = await asyncio.to_thread(factories.make_user, first_name="before")
            writer = Writer(person)
            writer.may_commit.set()
            writer.may_write.set()
            last.append((await first_read(listener, person))[-1])
            await asyncio.to_thread(writer.commit)
        await listener.stop()
        return last

    assert asyncio.run(scenario()) == ["after"] * 100


def test_others_hear_of_changes_while_somebody_waits_to_subscribe(person, tries):
    async def scenario() -> None:
        listener, writer = Listener(), Writer(person)
        async with listener.subscribed("course:1", holder=1) as other:
            writer.may_write.set()
            assert writer.has_told.wait(timeout=30)
            subscription = asyncio.create_task(first_read(listener, person))
            for _ in range(3):
                assert await asyncio.to_thread(tries.acquire, timeout=30)
            await asyncio.to_thread(tell, "course:1")
            assert await other.turn(seconds=20)
            assert not subscription.done()
            await asyncio.to_thread(writer.commit)
            await subscription
        await listener.stop()

    asyncio.run(scenario())


def test_topics_are_watched_for_as_long_as_they_have_subscribers(watch, connections):
    def watched() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
                "WHERE datname = current_database() AND locktype = 'advisory' AND granted"
            )
            return int(cursor.fetchone()[0])

    watch("course:1")
    watch("course:1")
    watch("course:2")
    assert watched() == 2
    connections.close()

    wait_until(lambda: watched() == 0)
