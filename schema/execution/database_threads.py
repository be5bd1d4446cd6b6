"""Thread pool of blocking database work: `await database(function, *args)`.

A fixed number of threads, each with one PostgreSQL session that it keeps. Django's own `sync_to_async` makes a new
thread and a new session for every request; this pool makes exactly DATABASE_THREADS, whatever the load. Nothing else
in the API may touch the database, but reads of one statement (`schema/execution/read_sessions.py`).
"""

import asyncio
import contextvars
import functools
import selectors
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from schema.execution import request_work

P = ParamSpec("P")
T = TypeVar("T")

use_callers_thread = False
"""Set by the tests: jobs run on the thread that called `async_to_sync`, inside the test's transaction, and connections
are left alone, because closing one would end that transaction.
"""

_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
_lock = threading.Lock()
_executor: ThreadPoolExecutor | None = None
_jobs_under_way = 0


async def database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` on a database thread, in a copy of the caller's context, and return its result.

    Cancelling the caller cancels a job that has not begun. One that has begun runs on and commits; it stays part of its
    request's work until it ends.
    """
    if use_callers_thread:
        return await sync_to_async(_counted_job, thread_sensitive=True)(function, *args, **kwargs)
    context = contextvars.copy_context()
    job = _pool().submit(context.run, functools.partial(_job, function, *args, **kwargs))
    _count_until_done(job)
    answer = asyncio.wrap_future(job)
    if work := request_work.current():
        work.add_job(answer)
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        job.cancel()
        raise


def jobs_under_way() -> int:
    """Return the number of jobs that are queued or running, abandoned ones included."""
    return _jobs_under_way


def shut_down() -> None:
    """Let the jobs under way end, close the session of every thread and end the threads."""
    global _executor
    with _lock:
        executor, _executor = _executor, None
    if executor is None:
        return
    all_threads = threading.Barrier(settings.DATABASE_THREADS)
    for _ in range(settings.DATABASE_THREADS):
        executor.submit(_close_sessions, all_threads)
    executor.shutdown(wait=True)


def _pool() -> ThreadPoolExecutor:
    global _executor
    with _lock:
        if _executor is None:
            _executor = ThreadPoolExecutor(settings.DATABASE_THREADS, thread_name_prefix="database")
        return _executor


def _count_until_done(job: Future[T]) -> None:
    global _jobs_under_way
    with _lock:
        _jobs_under_way += 1
    job.add_done_callback(_count_down)


def _count_down(_job: Future[T]) -> None:
    global _jobs_under_way
    with _lock:
        _jobs_under_way -= 1


def _counted_job(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    with request_work.statements_counted():
        return function(*args, **kwargs)


def _job(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    for connection in connections.all(initialized_only=True):
        if _session_has_died(connection):
            connection.close()
    try:
        return _counted_job(function, *args, **kwargs)
    finally:
        for connection in connections.all(initialized_only=True):
            _make_ready_for_the_next_job(connection)


def _session_has_died(connection: BaseDatabaseWrapper) -> bool:
    """Tell if the session is dead: an idle socket is readable only once PostgreSQL has ended the session."""
    if connection.connection is None:
        return False
    if connection.connection.closed:
        return True
    with _Selector() as selector:
        selector.register(connection.connection.fileno(), selectors.EVENT_READ)
        return bool(selector.select(timeout=0))


def _make_ready_for_the_next_job(connection: BaseDatabaseWrapper) -> None:
    """Close a session that failed, and discard one that a job has left inside a transaction."""
    if connection.in_atomic_block or _is_in_transaction(connection):
        connection.close()
        del connections[connection.alias]  # with it go Django's own notes of the open block
        return
    connection.close_if_unusable_or_obsolete()


def _is_in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Tell if the session is inside a transaction, also of one that was begun in plain SQL."""
    session = connection.connection
    return bool(session and not session.closed and session.info.transaction_status != TRANSACTION_STATUS_IDLE)


def _close_sessions(all_threads: threading.Barrier) -> None:
    all_threads.wait()
    connections.close_all()
