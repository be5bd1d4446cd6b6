"""Jobs on the database pool: their threads, their sessions, and what becomes of both when something fails."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from courses.models import User
from schema.execution import database_threads, request_work
from schema.execution.database_threads import database
from tests.factories import make_user
from tests.schema.execution.conftest import DATABASE_THREADS, other_sessions, wait_until

pytestmark = pytest.mark.usefixtures("real_threads")

greeting: ContextVar[str] = ContextVar("greeting")


def backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def transaction_state() -> tuple[int, int, bool]:
    """The session, what PostgreSQL says of its transaction, and what Django believes."""
    pid = backend_pid()
    return pid, connection.connection.info.transaction_status, connection.in_atomic_block


def terminate(pid: int) -> None:
    """End a session from the test's own connection, and wait until PostgreSQL has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    wait_until(lambda: pid not in other_sessions())


def run(*jobs: Callable[[], Any]) -> list[Any]:
    """The results of jobs that run one after the other."""

    async def one_after_the_other() -> list[Any]:
        return [await database(job) for job in jobs]

    return asyncio.run(one_after_the_other())


def test_a_job_runs_on_a_thread_of_the_pool_with_its_arguments():
    name, total = asyncio.run(database(lambda a, b: (threading.current_thread().name, a + b), 1, b=2))

    assert name.startswith("database")
    assert total == 3


def test_a_job_sees_the_context_of_its_caller_and_cannot_change_it():
    async def caller() -> tuple[str, str]:
        greeting.set("hello")
        seen = await database(lambda: (greeting.get(), greeting.set("changed"))[0])
        return seen, greeting.get()

    assert asyncio.run(caller()) == ("hello", "hello")


def test_an_exception_of_a_job_reaches_its_caller():
    def refuse() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(database(refuse))


def test_any_number_of_jobs_share_one_session_for_each_thread(opened_sessions):
    together = threading.Barrier(DATABASE_THREADS)

    def job(number: int) -> int:
        if number < DATABASE_THREADS:
            together.wait()
        return backend_pid()

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(database(job, number) for number in range(200)))

    assert len(set(asyncio.run(all_at_once()))) == DATABASE_THREADS
    assert len(opened_sessions) == DATABASE_THREADS


def test_no_session_is_left_after_shutting_down():
    run(backend_pid, backend_pid)

    database_threads.shut_down()

    wait_until(lambda: other_sessions() == [])


def test_a_session_that_died_while_idle_is_replaced_before_it_costs_an_error():
    [dead] = run(backend_pid)
    terminate(dead)

    [alive] = run(backend_pid)

    assert alive != dead


def test_a_session_that_dies_during_a_job_costs_one_error():
    def die() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(OperationalError):
        run(die)

    assert run(backend_pid, backend_pid)[0] > 0


def test_a_job_that_leaves_a_transaction_open_loses_its_session_and_its_changes():
    def leave_open() -> int:
        transaction.set_autocommit(False)
        make_user(username="unfinished")
        return backend_pid()

    [left, (pid, transaction_status, in_atomic_block)] = run(leave_open, transaction_state)

    assert pid != left
    assert (transaction_status, in_atomic_block) == (TRANSACTION_STATUS_IDLE, False)
    assert not User.objects.filter(username="unfinished").exists()


def test_a_job_that_begins_a_transaction_in_plain_sql_leaves_none_to_the_next():
    def begin() -> int:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
        return backend_pid()

    [left, (pid, transaction_status, _)] = run(begin, transaction_state)

    assert (pid != left, transaction_status) == (True, TRANSACTION_STATUS_IDLE)


def test_a_job_that_leaves_an_atomic_block_open_leaves_none_to_the_next():
    def leave_open() -> None:
        transaction.atomic().__enter__()
        make_user(username="unfinished")

    run(leave_open, lambda: make_user(username="finished"))

    assert [user.username for user in User.objects.all()] == ["finished"]


def test_a_job_whose_caller_went_away_runs_on_commits_and_counts_until_it_ends(may_end):
    began = threading.Event()

    def job() -> None:
        began.set()
        may_end.wait()
        make_user(username="kept")

    async def abandon() -> int:
        work = request_work.start()
        task = asyncio.create_task(database(job))
        await asyncio.to_thread(began.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        under_way = database_threads.jobs_under_way()
        may_end.set()
        await work.ended()
        return under_way

    assert asyncio.run(abandon()) == 1
    wait_until(lambda: database_threads.jobs_under_way() == 0)
    assert User.objects.get().username == "kept"


def test_a_job_that_has_not_begun_goes_away_with_its_caller(may_end):
    everybody = threading.Barrier(DATABASE_THREADS + 1)
    ran: list[str] = []

    def occupy() -> None:
        everybody.wait()
        may_end.wait()

    async def abandon() -> None:
        occupied = [asyncio.create_task(database(occupy)) for _ in range(DATABASE_THREADS)]
        await asyncio.to_thread(everybody.wait)
        waiting = asyncio.create_task(database(ran.append, "ran"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        may_end.set()
        await asyncio.gather(*occupied)
        await database(backend_pid)

    asyncio.run(abandon())

    assert ran == []


def test_the_statements_of_a_request_are_counted_across_its_threads():
    async def request() -> int:
        work = request_work.start()
        await asyncio.gather(*(database(backend_pid) for _ in range(10)))
        return work.statements

    assert asyncio.run(request()) == 10
