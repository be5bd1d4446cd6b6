"""A replica as one process sees it: what its sessions prove, and when it is left out."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import pytest
from django.db import OperationalError, connections

from config import addresses
from config.database import replicas
from courses.utils.prepared import VARYING, Prepared
from courses.utils.wal_positions import ANYWHERE, WalPosition
from schema.execution import request_work
from schema.execution.replicas import PROOF, Horizon, LeftOut, Replica
from tests.faults.cluster import Cluster
from tests.schema.execution.conftest import wait_until

pytestmark = pytest.mark.slow

T = TypeVar("T")

NAME = "replica1"


@pytest.fixture(autouse=True)
def _may_ask_databases(django_db_blocker: Any) -> Iterator[None]:
    """The clusters are the test's own, and none of Django's."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    cluster = Cluster()
    cluster.rows("ALTER SYSTEM SET max_standby_streaming_delay = 0")
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def follower(primary: Cluster) -> Iterator[Cluster]:
    cluster = Cluster(replica_of=primary.url)
    yield cluster
    cluster.close()


SHOWS = Prepared(f"SELECT {PROOF}, %s::text", [VARYING])


@contextmanager
def inside(cluster: Cluster, primary: Cluster) -> Iterator[Replica]:
    """The cluster as the replica of a process, on whose event loop the block's caller has to be."""
    horizon = Horizon(10.0, clock=lambda: 0.0)
    [(system,)] = primary.rows("SELECT system_identifier FROM pg_control_system()")
    [(byte,)] = primary.rows("SELECT pg_current_wal_flush_lsn()")
    horizon.note(0.0, system, WalPosition.parse(f"1-{byte}"))
    named = {"default": connections.settings["default"], **replicas([addresses.postgresql(cluster.url)], {})}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connections.settings, NAME, connections.configure_settings(named)[NAME])
        yield Replica(NAME, horizon)


def run(scenario: Callable[[], Coroutine[Any, Any, T]]) -> T:
    async def in_time() -> T:
        async with asyncio.timeout(30):
            return await scenario()

    return asyncio.run(in_time())


def test_a_replica_that_lags_more_than_it_may_is_left_out_until_it_has_caught_up(
    primary: Cluster, follower: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "schema.replicas")
    follower.rows("SELECT pg_wal_replay_pause()")
    primary.rows("CREATE TABLE later ()")

    async def look(replica: Replica) -> list[tuple[bool, float | None]]:
        seen = []
        for has_resumed in (False, True):
            if has_resumed:
                await asyncio.to_thread(catch_up)
            assert await replica.look()
            seen.append((replica.is_used, replica.lag))
        await replica.stop()
        return seen

    def catch_up() -> None:
        [(written,)] = primary.rows("SELECT pg_current_wal_flush_lsn()")
        follower.rows("SELECT pg_wal_replay_resume()")
        wait_until(lambda: follower.rows("SELECT pg_last_wal_replay_lsn() >= %s", written) == [(True,)])

    with inside(follower, primary) as replica:
        assert run(lambda: look(replica)) == [(False, None), (True, 0.0)]
    assert [record.message for record in caplog.records] == [
        "replica1 is left out: it lags",
        "replica1 is read again",
    ]


def test_a_replica_of_another_database_is_left_out(
    primary: Cluster, follower: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    with inside(follower, primary) as replica:
        replica._horizon.system = 7
        assert run(replica.look) is False

    assert replica.open == 0
    assert [record.message for record in caplog.records] == [
        "replica1 is left out: it belongs to another database cluster"
    ]


def test_a_session_that_has_not_proven_the_position_asks_once_and_gives_no_row(
    primary: Cluster, follower: Cluster
) -> None:
    async def read(replica: Replica) -> list[Any]:
        work = request_work.start()
        rows = [
            await replica.row(SHOWS, [text], after)
            for text, after in (("a", ANYWHERE), ("b", WalPosition(1, 2**40)), ("c", WalPosition(2, 0)))
        ]
        await replica.stop()
        return [*rows, work.statements]

    with inside(follower, primary) as replica:
        # the first opens the session and looks; the others look again, in vain
        assert run(lambda: read(replica)) == [["a"], None, None, 4]


def test_a_read_that_replay_has_to_cancel_is_left_to_the_primary(primary: Cluster, follower: Cluster) -> None:
    primary.rows("CREATE TABLE victim ()")
    wait_until(lambda: follower.rows("SELECT to_regclass('victim') IS NOT NULL") == [(True,)])
    dawdle = Prepared(f"SELECT {PROOF}, (SELECT count(*) FROM victim) || pg_sleep(20)::text", [])

    def is_read() -> bool:
        active = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        return bool(follower.rows(active))

    async def read(replica: Replica) -> str:
        reading = asyncio.create_task(replica.row(dawdle, [], ANYWHERE))
        await asyncio.to_thread(wait_until, is_read)
        await asyncio.to_thread(primary.rows, "DROP TABLE victim")
        with pytest.raises(LeftOut) as left_out:
            await reading
        await replica.stop()
        return cast("OperationalError", left_out.value.__cause__).__cause__.__class__.__name__

    with inside(follower, primary) as replica:
        assert run(lambda: read(replica)) == "SerializationFailure"


def test_a_reader_who_goes_away_stops_the_statement_on_the_replica_that_runs_it(
    primary: Cluster, follower: Cluster
) -> None:
    dawdle = Prepared(f"SELECT {PROOF}, pg_sleep(20)::text", [])

    def sleeping() -> int:
        return len(follower.rows("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))

    async def read(replica: Replica) -> None:
        reading = asyncio.create_task(replica.row(dawdle, [], ANYWHERE))
        await asyncio.to_thread(wait_until, lambda: sleeping() == 1)
        reading.cancel()
        await asyncio.to_thread(wait_until, lambda: sleeping() == 0)
        await replica.stop()

    with inside(follower, primary) as replica:
        run(lambda: read(replica))
