"""Background work of the server: closing overdue attempts, moving events to their feed, sending webhooks, refreshing
statistics, deleting expired rows.

Every process does its chores; rows that another process has locked are skipped, so the work is shared. A chore
is a job on a database thread like any other, or several: it opens no session of its own. Long work that it finds is
done on a thread beside those, whose sessions are closed after it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

from django.db import DatabaseError, InterfaceError, connections

from config.webhooks import send_webhooks
from courses.services.attempt_endings import close_expired_attempts
from courses.services.cost_buckets import forget_full_buckets
from courses.services.events import move_events
from courses.services.expired_rows import clear_expired
from courses.services.exports import count_running_exports, write_exports
from courses.services.statistics import refresh_stale
from courses.services.webhook_deliveries import make_deliveries
from schema.execution.database_threads import database

logger = logging.getLogger("courses.background")


@dataclass(frozen=True)
class Chore:
    """Repeated work, with a pause of `pause` seconds between two runs: one database job, or a coroutine of several.

    Where it has found something, `long_work` is done on a thread of its own, which may take minutes; it looks again and
    again whether the process is about to stop.
    """

    name: str
    work: Callable[[], int] | Callable[[], Coroutine[Any, Any, int]]
    pause: float
    long_work: Callable[[Callable[[], bool]], int] | None = None


CHORES = (
    Chore("close expired attempts", close_expired_attempts, pause=60),
    Chore("move events to the feed", move_events, pause=0.5),
    Chore("refresh statistics", refresh_stale, pause=2),
    Chore("write exports", count_running_exports, pause=2, long_work=write_exports),
    Chore("make deliveries to webhooks", make_deliveries, pause=1),
    Chore("send webhooks", send_webhooks, pause=1),
    Chore("forget full cost buckets", forget_full_buckets, pause=600),
    Chore("clear expired sessions, tokens, codes and events", clear_expired, pause=600),
)


class Background:
    """Chores of one process, from its start to its end."""

    def __init__(self, chores: Sequence[Chore] = CHORES) -> None:
        self._chores = chores
        self._tasks: list[asyncio.Task[None]] = []
        self._is_stopping = threading.Event()

    def start(self) -> None:
        self._is_stopping.clear()
        self._tasks = [asyncio.create_task(_keep_doing(chore, self._is_stopping)) for chore in self._chores]

    async def stop(self) -> None:
        """Cancel the chores, and wait for a job that has begun."""
        self._is_stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def do_once(chore: Chore, is_stopping: threading.Event | None = None) -> None:
    """Run a chore. A failure, with a database that is away or busy, is logged and retried at the next run."""
    try:
        done = await _done(chore)
        if done and chore.long_work:
            done = await _on_own_thread(chore.long_work, is_stopping or threading.Event())
        if done:
            logger.info("%s: %d", chore.name, done)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%s failed and is tried again: %s", chore.name, type(error).__name__)


async def _on_own_thread(work: Callable[[Callable[[], bool]], int], is_stopping: threading.Event) -> int:
    """Run long work on a thread whose sessions are closed after it. Who is cancelled waits until it has stopped."""

    def job() -> int:
        try:
            return work(is_stopping.is_set)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1, thread_name_prefix="background") as executor:
        running = asyncio.get_running_loop().run_in_executor(executor, job)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await running
            raise


async def _done(chore: Chore) -> int:
    work: Any = chore.work
    number: int = await (work() if iscoroutinefunction(work) else database(work))
    return number


async def _keep_doing(chore: Chore, is_stopping: threading.Event) -> None:
    while True:
        await do_once(chore, is_stopping)
        await asyncio.sleep(chore.pause)
