"""Background work of the server: closing overdue attempts, moving events to their feed, sending webhooks, refreshing
statistics, deleting expired rows.

Every process does its chores; rows that another process has locked are skipped, so the work is shared. A chore
is a job on a database thread like any other, or a coroutine of several; what takes long has a thread of its own.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any

from django.db import DatabaseError, InterfaceError

from config.own_threads import on_own_thread
from config.webhooks import send_webhooks
from courses.services.attempt_endings import close_expired_attempts
from courses.services.cost_buckets import forget_full_buckets
from courses.services.events import move_events
from courses.services.expired_rows import clear_expired
from courses.services.exports import count_running_exports, write_exports
from courses.services.last_writes import forget_old_writes
from courses.services.statistics import refresh_stale
from courses.services.webhook_deliveries import make_deliveries
from schema.execution.database_threads import database

logger = logging.getLogger("courses.background")


@dataclass(frozen=True)
class Chore:
    """Repeated work, with a pause of `pause` seconds between two runs: one database job, or a coroutine of several."""

    name: str
    work: Callable[[], int] | Callable[[], Coroutine[Any, Any, int]]
    pause: float


async def write_running_exports() -> int:
    """Write the exports that run, if there are any; return the number of files. One may take minutes."""
    if not await database(count_running_exports):
        return 0
    return await on_own_thread(write_exports, name="exports", otherwise=0)


CHORES = (
    Chore("close expired attempts", close_expired_attempts, pause=60),
    Chore("move events to the feed", move_events, pause=0.5),
    Chore("refresh statistics", refresh_stale, pause=2),
    Chore("write exports", write_running_exports, pause=2),
    Chore("make deliveries to webhooks", make_deliveries, pause=1),
    Chore("send webhooks", send_webhooks, pause=1),
    Chore("forget full cost buckets", forget_full_buckets, pause=600),
    Chore("forget old writes", forget_old_writes, pause=600),
    Chore("clear expired sessions, tokens, codes and events", clear_expired, pause=600),
)


class Background:
    """Chores of one process, from its start to its end."""

    def __init__(self, chores: Sequence[Chore] = CHORES) -> None:
        self._chores = chores
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(_keep_doing(chore)) for chore in self._chores]

    async def stop(self) -> None:
        """Cancel the chores. A job that has begun is the database threads' to end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def do_once(chore: Chore) -> None:
    """Run a chore. A failure, as with a database that is away or busy, is logged and retried at the next run."""
    work: Any = chore.work
    try:
        if done := await (work() if iscoroutinefunction(work) else database(work)):
            logger.info("%s: %d", chore.name, done)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%s failed and is tried again: %s", chore.name, type(error).__name__)
    except Exception:
        logger.exception("%s failed, and is tried again", chore.name)


async def _keep_doing(chore: Chore) -> None:
    while True:
        await do_once(chore)
        await asyncio.sleep(chore.pause)
