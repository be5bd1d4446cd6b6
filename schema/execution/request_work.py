"""Database work of one request: its unfinished jobs, its statements, and what is known of it afterwards."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

from django.db import connections

from courses.utils.wal_positions import WalPosition

Execute: TypeAlias = Callable[[str, Any, bool, dict[str, Any]], Any]


class RequestWork:
    """Shared state of the jobs of one request: their copied contexts hold the same object."""

    def __init__(self) -> None:
        self.statements = 0
        self.is_replayed = False
        self.read_from: str | None = None
        """Answerer of what a replica might have: `primary`, also with a reason behind it, or a replica's name."""
        self.written_at: WalPosition | None = None
        """Position that shows what the request has written; None where nobody has to be told."""
        self._lock = threading.Lock()
        self._jobs: set[asyncio.Future[Any]] = set()

    def count_statement(self) -> None:
        with self._lock:
            self.statements += 1

    def add_job(self, job: asyncio.Future[Any]) -> None:
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def ended(self) -> None:
        """Wait until every job has ended, abandoned ones included."""
        while self._jobs:
            await asyncio.wait(self._jobs)


_current: ContextVar[RequestWork | None] = ContextVar("request_work", default=None)


def start() -> RequestWork:
    """Begin a request: jobs of this task, and of all that inherit its context, are its work."""
    work = RequestWork()
    _current.set(work)
    return work


def current() -> RequestWork | None:
    return _current.get()


def note_replay() -> None:
    """Note that the current request, if there is one, gave the outcome of an earlier one."""
    if work := _current.get():
        work.is_replayed = True


def note_read(where: str) -> None:
    """Note who has answered the current request, if there is one."""
    if work := _current.get():
        work.read_from = where


def note_position(position: WalPosition | None) -> None:
    """Note where the current request, if there is one, has written last."""
    if (work := _current.get()) and position is not None:
        work.written_at = position


@contextmanager
def statements_counted() -> Iterator[None]:
    """Count the statements of the block for the current request, if there is one."""
    work = _current.get()
    if work is None:
        yield
        return

    def count_and_execute(
        execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        work.count_statement()
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(count_and_execute):
        yield
