"""What a replica must have replayed, by the positions that the primary had lately, and what the primary is asked."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from courses.services.last_writes import last_write
from courses.utils import sql
from courses.utils.wal_positions import ANYWHERE, WalPosition
from schema.execution.read_sessions import ReadSessions
from schema.execution.replicas import Horizon, LeftOut, Replicas, ReplicaSession
from tests import factories


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.moment = 100.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def horizon(clock: Clock) -> Horizon:
    """The horizon of ten seconds, of a primary that wrote a byte each second since 100."""
    horizon = Horizon(10.0, clock)
    for second in range(20):
        horizon.note(100.0 + second, 7, WalPosition(1, second))
    clock.moment = 119.0
    return horizon


def test_a_replica_must_have_what_the_primary_had_as_long_ago_as_it_may_lag(
    horizon: Horizon, clock: Clock
) -> None:
    assert horizon.least == WalPosition(1, 9)
    clock.moment = 120.5
    assert horizon.least == WalPosition(1, 11)


def test_a_primary_that_was_not_seen_for_so_long_lets_nobody_read_elsewhere(
    horizon: Horizon, clock: Clock
) -> None:
    clock.moment = 129.0
    assert horizon.least == WalPosition(1, 19)
    clock.moment = 129.1
    assert horizon.least is None


def test_the_first_position_is_the_least_until_there_are_older_ones() -> None:
    horizon = Horizon(10.0, Clock())
    assert horizon.least is None

    horizon.note(100.0, 7, WalPosition(1, 3))
    horizon.note(100.0, 7, WalPosition(1, 4))

    assert horizon.least == WalPosition(1, 3)


def test_another_cluster_begins_anew(horizon: Horizon) -> None:
    horizon.note(119.0, 8, WalPosition(1, 2))

    assert (horizon.system, horizon.least) == (8, WalPosition(1, 2))


def test_a_lag_is_counted_from_the_last_moment_of_which_everything_is_there(horizon: Horizon) -> None:
    assert horizon.moment_of(WalPosition(1, 12)) == 112.0
    assert horizon.moment_of(WalPosition(2, 0)) == 119.0
    assert horizon.moment_of(WalPosition(0, 99)) is None


@pytest.mark.usefixtures("real_threads")
def test_the_primary_tells_its_position_and_remembers_all_writes_from_then_on(settings: Any) -> None:
    sql.execute("TRUNCATE courses_lastwrite")
    person = factories.make_user()
    assert last_write(person=person) is None

    async def look() -> tuple[bool, Horizon]:
        sessions = ReadSessions(1)
        replicas = Replicas([], sessions)
        try:
            return await replicas.look_at_primary(), replicas.horizon
        finally:
            await sessions.stop()

    is_seen, horizon = async_to_sync(look)()

    written = last_write(person=person)
    assert is_seen
    assert horizon.system
    assert horizon.least is not None
    assert written is not None
    assert ANYWHERE < horizon.least <= written


@pytest.mark.usefixtures("real_threads")
def test_a_server_that_is_not_in_recovery_is_no_replica() -> None:
    async def begin() -> bool:
        session = ReplicaSession("default", Horizon(10.0))
        with pytest.raises(LeftOut, match="it is no replica any more"):
            async with asyncio.timeout(30):
                await session.begin()
        return session.is_open

    assert async_to_sync(begin)() is False
