"""Reads on the event loop: turns, deadlines, lost sessions, and statements that a session does not know any more."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any, TypeVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import DataError, OperationalError, connection, connections

from courses.utils import prepared
from courses.utils.prepared import VARYING, Prepared
from courses.utils.sql import execute
from schema.application import GraphQLApplication
from schema.core.database_failures import failure_code
from schema.core.error_codes import ErrorCode
from schema.execution import request_work
from schema.execution.read_sessions import ReadSessions
from tests.pgbouncer import PGBOUNCER
from tests.schema.execution.conftest import connecting_with, other_sessions, wait_until
from tests.schema.execution.test_database_threads import terminate
from tests.schema.network.small_schema import schema

T = TypeVar("T")

pytestmark = pytest.mark.usefixtures("real_threads", "own_session")

ADD = Prepared("SELECT %s + %s::int", [1, VARYING])
PID = Prepared("SELECT pg_backend_pid()", [])
WAIT = Prepared(
    "SELECT pg_backend_pid(), %s::int FROM (SELECT pg_advisory_xact_lock(7)) AS its_turn", [VARYING]
)
SLEEP = Prepared("SELECT pg_sleep(4)", [])
NAMES = Prepared("SELECT name FROM pg_prepared_statements ORDER BY name", [], run_once=True)
PLANNER = "current_setting('plan_cache_mode') || ' ' || current_setting('enable_seqscan')"
TYPES = Prepared(
    """
    SELECT %s::text, '{"b": 1, "a": [null]}'::jsonb, '{"a": 1}'::json, NULL, 1.50::numeric, 7, true, %s::timestamptz,
        'b0e05ab3-4f3c-4a6c-8a8e-000000000001'::uuid, '10.0.0.1'::inet, ARRAY['1.1.1.1'::inet], '100 %%'
    """,
    [VARYING, "2026-11-27 12:00:00+05:30"],
)


@pytest.fixture
def own_session(real_threads: None) -> None:
    """The test's own session, opened before a test changes how sessions are opened."""
    connection.ensure_connection()


def run(scenario: Callable[[ReadSessions], Awaitable[Any]], *, number: int = 1) -> Any:
    """The result of `scenario`, with sessions that are closed after it. The loop has a thread of its own."""

    async def with_sessions() -> Any:
        sessions = ReadSessions(number)
        try:
            async with asyncio.timeout(30):
                return await scenario(sessions)
        finally:
            await sessions.stop()

    return async_to_sync(with_sessions)()


def one_after_the_other(*statements: Prepared, number: int = 1) -> list[Any]:
    """The one value of each statement, all of them through the same sessions."""

    async def scenario(sessions: ReadSessions) -> list[Any]:
        return [(await sessions.rows(statement, []))[0][0] for statement in statements]

    return run(scenario, number=number)


def executing(text: str) -> list[int]:
    """The sessions that execute a statement with `text` in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity "
            "WHERE state = 'active' AND pid <> pg_backend_pid() AND strpos(query, %s) > 0",
            [text],
        )
        return [pid for (pid,) in cursor.fetchall()]


async def here(look: Callable[..., T], *args: Any) -> T:
    """Rows that the test sees through its own session, from inside of a scenario."""
    return await sync_to_async(look)(*args)


async def until(condition: Callable[[], bool]) -> None:
    await here(wait_until, condition)


# ---------------------------------------------------------------- rows


def test_rows_are_those_of_a_django_cursor() -> None:
    with connection.cursor() as cursor:
        TYPES.execute(cursor, ["naïve ☕ 'quoted'"])
        expected = cursor.fetchall()

    rows = run(lambda sessions: sessions.rows(TYPES, ["naïve ☕ 'quoted'"]))

    assert rows == expected
    assert [*map(repr, rows[0])] == [*map(repr, expected[0])]
    assert rows[0][:4] == ("naïve ☕ 'quoted'", '{"a": [null], "b": 1}', {"a": 1}, None)


def test_any_number_of_rows_and_none() -> None:
    count = Prepared("SELECT * FROM generate_series(1, %s::int)", [VARYING])

    async def scenario(sessions: ReadSessions) -> list[Any]:
        return [await sessions.rows(count, [number]) for number in (0, 3, 100_000)]

    none, three, many = run(scenario)

    assert (none, three, len(many)) == ([], [(1,), (2,), (3,)], 100_000)


def test_a_text_larger_than_the_buffers_of_the_socket_goes_there_and_back() -> None:
    text = "x" * 8_000_000
    echo = Prepared("SELECT %s::text", [VARYING])

    async def scenario(sessions: ReadSessions) -> Any:
        rows = await sessions.rows(echo, [text])
        is_still_sending = asyncio.get_running_loop().remove_writer(sessions._free[0]._socket)
        return rows, is_still_sending, await sessions.rows(ADD, [1])

    assert run(scenario) == ([(text,)], False, [(2,)])


def test_time_zone_and_role_are_those_that_django_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "assume_role", "pg_monitor")
    settings = Prepared("SELECT current_setting('TimeZone') || ' ' || current_user", [])

    with connecting_with(options="-c TimeZone=Asia/Tokyo"):
        assert one_after_the_other(settings) == ["UTC pg_monitor"]


def test_the_planner_is_set_for_all_statements_of_a_session() -> None:
    alone, prepared = Prepared(f"SELECT {PLANNER}", [], run_once=True), Prepared(f"SELECT {PLANNER}", [])
    assert one_after_the_other(alone, prepared) == ["force_generic_plan off"] * 2


def test_statements_are_counted_for_the_request() -> None:
    async def scenario(sessions: ReadSessions) -> int:
        work = request_work.start()
        await sessions.rows(ADD, [1])
        await sessions.rows(ADD, [2])
        return work.statements

    assert run(scenario) == 2


# ---------------------------------------------------------------- turns


def test_any_number_of_reads_shares_a_fixed_number_of_sessions() -> None:
    async def scenario(sessions: ReadSessions) -> tuple[list[Any], list[int]]:
        rows = await asyncio.gather(*(sessions.rows(ADD, [number]) for number in range(200)))
        return rows, await here(other_sessions)

    rows, opened = run(scenario, number=3)

    assert rows == [[(1 + number,)] for number in range(200)]
    assert len(opened) == 3


def test_no_more_sessions_are_opened_than_are_needed() -> None:
    async def scenario(sessions: ReadSessions) -> list[int]:
        before = await here(other_sessions)
        [(first,)], [(second,)] = await sessions.rows(PID, []), await sessions.rows(PID, [])
        assert (before, first) == ([], second)
        return await here(other_sessions)

    assert len(run(scenario, number=4)) == 1


def test_the_application_closes_its_sessions_when_it_shuts_down(settings: Any) -> None:
    settings.READ_SESSIONS = 2

    async def scenario(_none: ReadSessions) -> list[int]:
        application = GraphQLApplication(schema)
        await asyncio.gather(*(application.read_sessions.rows(ADD, [1]) for _ in range(10)))
        opened = await here(other_sessions)
        await application.shut_down()
        await until(lambda: other_sessions() == [])
        return opened

    assert len(run(scenario, number=0)) == 2


def test_a_session_that_was_closed_by_somebody_else_is_opened_again() -> None:
    async def scenario(sessions: ReadSessions) -> Any:
        await sessions.rows(ADD, [1])
        sessions._free[0]._connection.close()
        return await sessions.rows(ADD, [2])

    assert run(scenario) == [(3,)]


def test_callers_take_turns_in_the_order_in_which_they_came(advisory_lock: Any) -> None:
    async def scenario(sessions: ReadSessions) -> list[int]:
        served: list[int] = []

        async def read(number: int) -> None:
            await sessions.rows(WAIT, [number])
            served.append(number)

        first = asyncio.create_task(read(0))
        await until(lambda: executing(WAIT.name) != [])
        others = [asyncio.create_task(read(number)) for number in range(1, 6)]
        await asyncio.sleep(0)
        advisory_lock.close()
        await asyncio.gather(first, *others)
        return served

    assert run(scenario) == [0, 1, 2, 3, 4, 5]


def test_one_who_stops_waiting_leaves_the_turn_to_the_next(advisory_lock: Any) -> None:
    async def scenario(sessions: ReadSessions) -> Any:
        first, waiting = (asyncio.create_task(sessions.rows(WAIT, [number])) for number in (1, 2))
        await until(lambda: executing(WAIT.name) != [])
        waiting.cancel()
        third = asyncio.create_task(sessions.rows(WAIT, [3]))
        await asyncio.wait([waiting])
        advisory_lock.close()
        [(pid, one)], [(same, three)] = await first, await third
        assert waiting.cancelled()
        assert same == pid
        return one, three

    assert run(scenario) == (1, 3)


def test_with_no_sessions_a_database_thread_reads(opened_sessions: list[int]) -> None:
    [(pid,)] = run(lambda sessions: sessions.rows(PID, []), number=0)

    assert opened_sessions == other_sessions() == [pid]


# ---------------------------------------------------------------- deadlines


def test_past_the_deadline_the_statement_is_stopped_and_the_next_one_has_a_clean_session() -> None:
    endless = Prepared("SELECT pg_sleep(60)", [])

    async def scenario(sessions: ReadSessions) -> tuple[int, int]:
        work = request_work.start()
        [(before,)] = await sessions.rows(PID, [])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await sessions.rows(endless, [])
        await work.ended()
        await until(lambda: executing("pg_sleep") == [])
        [(after,)] = await sessions.rows(PID, [])
        await until(lambda: len(other_sessions()) == 2)  # with that of the database thread
        return before, after

    with connecting_with(options="-c statement_timeout=60000"):
        before, after = run(scenario)

    assert before != after


def test_one_who_goes_away_while_the_session_connects_leaves_it_to_the_next() -> None:
    async def scenario(sessions: ReadSessions) -> Any:
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            port = str(silent.getsockname()[1])
            with connecting_with(host="localhost", port=port), pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await sessions.rows(ADD, [1])
        return await sessions.rows(ADD, [1])

    assert run(scenario) == [(2,)]


# ---------------------------------------------------------------- failures


def test_a_session_that_died_while_idle_costs_no_error() -> None:
    gone = threading.Event()

    def die(pid: int) -> None:
        terminate(pid)
        gone.set()

    async def scenario(sessions: ReadSessions) -> tuple[int, int]:
        [(dead,)] = await sessions.rows(PID, [])
        dying = asyncio.create_task(here(die, dead))
        await asyncio.sleep(0)
        gone.wait()  # and the loop has not looked at its sockets since
        [(alive,)] = await sessions.rows(PID, [])
        await dying
        return dead, alive

    dead, alive = run(scenario)

    assert alive != dead


def test_the_end_of_an_idle_session_is_noticed_once_and_keeps_the_loop_busy_no_longer() -> None:
    async def scenario(sessions: ReadSessions) -> None:
        [(dead,)] = await sessions.rows(PID, [])
        await here(terminate, dead)
        await until(lambda: sessions._free[0]._connection is None)

    run(scenario)


def test_a_read_whose_session_dies_is_run_once_more(advisory_lock: Any) -> None:
    async def scenario(sessions: ReadSessions) -> tuple[int, int, int]:
        await sessions.rows(PID, [])
        reading = asyncio.create_task(sessions.rows(WAIT, [5]))
        await until(lambda: executing(WAIT.name) != [])
        [dead] = await here(executing, WAIT.name)
        await here(terminate, dead)
        await until(lambda: executing(WAIT.name) not in ([], [dead]))
        advisory_lock.close()
        [(alive, five)] = await reading
        return dead, alive, five

    dead, alive, five = run(scenario)

    assert (alive != dead, five) == (True, 5)


def test_a_read_whose_new_session_dies_as_well_is_an_outage(advisory_lock: Any) -> None:
    async def scenario(sessions: ReadSessions) -> Any:
        reading = asyncio.create_task(sessions.rows(WAIT, [5]))
        await until(lambda: executing(WAIT.name) != [])
        [dead] = await here(executing, WAIT.name)
        await here(terminate, dead)
        with pytest.raises(OperationalError) as raised:
            await reading
        assert failure_code(raised.value) is ErrorCode.UNAVAILABLE
        return await sessions.rows(ADD, [1])

    assert run(scenario) == [(2,)]


@pytest.mark.parametrize("elsewhere", [{"host": "127.0.0.1", "port": "1"}, {"host": "nowhere.invalid"}])
def test_without_a_database_it_is_an_outage_and_over_when_the_database_is_back(elsewhere: Any) -> None:
    async def scenario(sessions: ReadSessions) -> Any:
        with connecting_with(**elsewhere), pytest.raises(OperationalError) as raised:
            await sessions.rows(ADD, [1])
        assert failure_code(raised.value) is ErrorCode.UNAVAILABLE
        return await sessions.rows(ADD, [1])

    assert run(scenario) == [(2,)]


def test_a_statement_that_fails_leaves_the_session_as_it_was() -> None:
    divide = Prepared("SELECT 1 / %s::int", [VARYING])

    async def scenario(sessions: ReadSessions) -> Any:
        before = await sessions.rows(PID, [])
        for _ in range(2):
            with pytest.raises(DataError, match="division by zero"):
                await sessions.rows(divide, [0])
        with pytest.raises(Exception, match="can't adapt"):
            await sessions.rows(divide, [object()])
        assert await sessions.rows(divide, [1]) == [(1,)]
        assert await sessions.rows(PID, []) == before

    run(scenario)


def test_the_timeout_of_a_statement_is_told_as_one() -> None:
    with connecting_with(options="-c statement_timeout=50"), pytest.raises(OperationalError) as raised:
        one_after_the_other(SLEEP)

    assert failure_code(raised.value) is ErrorCode.TIMEOUT


# ---------------------------------------------------------------- prepared statements


def test_a_session_that_lacks_the_name_prepares_again() -> None:
    forget = Prepared("DEALLOCATE ALL; SELECT 0", [], run_once=True)
    five = Prepared("SELECT 5", [])

    assert one_after_the_other(five, forget, five, five, NAMES) == [5, 0, 5, 5, five.name]


def test_a_table_that_has_changed_is_planned_anew() -> None:
    everything = Prepared("SELECT * FROM changing", [])

    async def scenario(sessions: ReadSessions) -> list[Any]:
        await here(execute, "CREATE TABLE changing AS SELECT 1 AS one")
        before = await sessions.rows(everything, [])
        await here(execute, "ALTER TABLE changing ADD COLUMN two integer DEFAULT 2")
        after = await sessions.rows(everything, [])
        await here(execute, "DROP TABLE changing")
        return [before, after]

    assert run(scenario) == [[(1,)], [(1, 2)]]


def test_a_session_keeps_the_latest_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "KEPT", 2)
    first, second, third = (Prepared(f"SELECT {number}", []) for number in (1, 2, 3))
    names = Prepared("SELECT array_agg(name) FROM pg_prepared_statements", [], run_once=True)

    assert one_after_the_other(first, second, first, third)
    assert sorted(one_after_the_other(first, second, first, third, names)[-1]) == sorted(
        [first.name, third.name]
    )


@pytest.mark.skipif(PGBOUNCER is None, reason="2026-11-27: PgBouncer is not everywhere (Debian: pgbouncer)")
def test_behind_a_pooler_that_shares_sessions_every_read_is_answered(pooler: dict[str, str]) -> None:
    statements = [Prepared(f"SELECT {number} + %s::int", [VARYING]) for number in range(5)]

    async def scenario(sessions: ReadSessions) -> tuple[list[Any], int]:
        numbers = range(300)
        rows = await asyncio.gather(*(sessions.rows(statements[number % 5], [number]) for number in numbers))
        opened = len(await here(other_sessions))
        reading = asyncio.create_task(sessions.rows(SLEEP, []))
        await until(lambda: executing("pg_sleep") != [])
        reading.cancel()
        await asyncio.wait([reading])
        return [*rows, *await asyncio.gather(*(sessions.rows(ADD, [1]) for _ in range(6)))], opened

    with connecting_with(**pooler):
        rows, opened = run(scenario, number=6)

    assert rows == [[(number % 5 + number,)] for number in range(300)] + [[(2,)]] * 6
    assert opened == 3
