"""Replicas: servers that replay the primary's write-ahead log, asked for reads that may be a few seconds late.

A replica answers only in a session that has proven itself: it is in recovery, of the primary's database, and has
replayed the log as far as the reader has to see. What a session has replayed once it shows ever after, because it ends
with its server. The watch of each replica, twice a second, only decides whom to ask. So neither a replica that was
promoted, replaced or restored meanwhile, nor one that is stuck on the timeline of a former primary, gives a row.

A read that no replica can answer is the primary's. None of their failures is told to a client.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from courses.services import last_writes
from courses.utils.prepared import Prepared
from courses.utils.wal_positions import WalPosition
from schema.execution import request_work
from schema.execution.database_threads import database
from schema.execution.read_sessions import ReadSessions, Session, Sessions, cancel

CHECKED_EVERY = 0.5
"""Seconds between two looks at a replica, and at the primary."""

CHECK_SECONDS = 2.0
"""Seconds within which a look has to succeed."""

LONGEST_PAUSE = 30.0
"""Seconds between two looks at a replica that goes on failing, at most."""

PROOF = "pg_is_in_recovery(), pg_last_wal_replay_lsn()::text"
"""First two columns of every statement that a replica runs. Whoever is in recovery was so when the statement began."""

BEHIND, FAILED = "primary-behind", "primary-failed"
"""Answerers of a read that a replica might have: none had replayed far enough, or the one that was asked failed."""

_REPLICA = Prepared(
    f"""
    SELECT {PROOF}, (SELECT system_identifier FROM pg_control_system()),
        greatest((SELECT timeline_id FROM pg_control_checkpoint()),
                 (SELECT min_recovery_end_timeline FROM pg_control_recovery()))
    """,  # noqa: S608 - a constant
    [],
)
"""The timeline is that of the last restart point or of pages written since: perhaps too low, never too high."""

_PRIMARY = Prepared(
    f"""
    SELECT system_identifier, {last_writes.TIMELINE} || '-' || pg_current_wal_flush_lsn(), {last_writes.IS_KEPT}
    FROM pg_control_system()
    """,  # noqa: S608 - made of constants
    [],
)

logger = logging.getLogger("schema.replicas")


class LeftOut(Exception):  # noqa: N818 - the primary is asked
    """A replica that cannot be asked, for the reason that it says."""


class Horizon:
    """Positions that the primary had within the last `seconds`, by `clock`; a replica that lags more is not asked."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._seen: deque[tuple[float, WalPosition]] = deque()
        self.system: int | None = None
        """Identifier of the primary's database cluster, which its replicas share."""

    def now(self) -> float:
        return self._clock()

    def note(self, moment: float, system: int, position: WalPosition) -> None:
        """Note that whatever was committed before `moment` stands before `position`."""
        if system != self.system:
            self._seen.clear()
            self.system = system
        self._seen.append((moment, position))

    @property
    def least(self) -> WalPosition | None:
        """Position that a replica must have replayed; None while the primary is not known well enough."""
        while self._seen and self._seen[0][0] < self._clock() - self._seconds:
            self._seen.popleft()
        return self._seen[0][1] if self._seen else None

    def moment_of(self, position: WalPosition) -> float | None:
        """Return the last moment of which everything stands before `position`; None for one long ago."""
        return max((moment for moment, seen in self._seen if seen <= position), default=None)


class ReplicaSession(Session):
    """Session with a replica, which knows how far its server has replayed the primary's log at least."""

    def __init__(self, alias: str, horizon: Horizon) -> None:
        super().__init__(alias)
        self._horizon = horizon
        self.position: WalPosition

    async def begin(self) -> None:
        await super().begin()
        with ExitStack() as on_failure:
            on_failure.callback(self.close)
            if self.pid is None:
                raise LeftOut("a pooler in front of it shares its sessions")
            await self.look()
            on_failure.pop_all()

    async def look(self) -> None:
        """Find out how far the server is. Raises LeftOut, and Django's errors."""
        [(is_in_recovery, replayed, system, timeline)] = await self.ask(_REPLICA, [])
        if not is_in_recovery:
            self.close()
            raise LeftOut("it is no replica any more")
        if system != self._horizon.system:
            self.close()
            raise LeftOut("it belongs to another database cluster")
        self.position = WalPosition.parse(f"{timeline}-{replayed}")

    async def row(
        self, statement: Prepared, values: Sequence[Any], after: WalPosition
    ) -> Sequence[Any] | None:
        """Return the row of a statement behind its PROOF; None where `after` has yet to be replayed.

        Raises LeftOut, and Django's errors.
        """
        if not self.is_open:
            await self.begin()
        if self.position < after:
            await self.look()
        if self.position < after:
            return None
        [(is_in_recovery, replayed, *row)] = await self.ask(statement, values)
        if not is_in_recovery:
            self.close()
            raise LeftOut("it is no replica any more")
        self.position = WalPosition.parse(f"{self.position.timeline}-{replayed}")
        return row

    async def cancel(self, pid: int) -> None:
        """Stop the statement of a backend, by a session that is closed at once.

        On no database thread, as all of them would soon wait for a server that does not answer.
        """
        await asyncio.to_thread(_cancel_and_close, self.alias, pid)


class Replica:
    """One replica, as this process sees it."""

    def __init__(self, name: str, horizon: Horizon) -> None:
        self.name = name
        self._horizon = horizon
        self._watching = ReplicaSession(name, horizon)
        self._sessions = Sessions(
            [ReplicaSession(name, horizon) for _ in range(max(1, settings.READ_SESSIONS))]
        )
        self._position: WalPosition | None = None
        self._as_of: float | None = None
        self._trouble: str | None = None

    @property
    def open(self) -> int:
        """Number of sessions that are open."""
        return self._sessions.open + self._watching.is_open

    @property
    def is_used(self) -> bool:
        """True while reads of whoever has not written may go here."""
        least = self._horizon.least
        return least is not None and self.has_replayed(least)

    @property
    def lag(self) -> float | None:
        """Seconds that it is behind, at most; None as long as it was never seen near the primary."""
        return None if self._as_of is None else self._horizon.now() - self._as_of

    def has_replayed(self, position: WalPosition) -> bool:
        """Tell if it had replayed the log so far when it was looked at last."""
        return self._position is not None and self._position >= position

    async def watch(self) -> None:
        """Look at the replica again and again; less and less often while that fails."""
        pause = CHECKED_EVERY
        while True:
            pause = CHECKED_EVERY if await self.look() else min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def look(self) -> bool:
        """Look at the replica; tell if it answers as one. Otherwise all its sessions are closed."""
        session = self._watching
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await (session.look() if session.is_open else session.begin())
        except TimeoutError:
            session.lose()
            return self._leave_out("it does not answer")
        except LeftOut as reason:
            return self._leave_out(str(reason))
        except (DatabaseError, InterfaceError) as error:
            return self._leave_out(type(error).__name__)
        self._position = session.position
        if (moment := self._horizon.moment_of(session.position)) is not None:
            self._as_of = moment
        self._tell(None if self.is_used else "it lags")
        return True

    async def row(
        self, statement: Prepared, values: Sequence[Any], after: WalPosition
    ) -> Sequence[Any] | None:
        """Return the row of a statement, None where it has not replayed `after`. Raises LeftOut."""
        return await self._sessions.using(partial(self._row, statement, values, after))

    async def stop(self) -> None:
        await self._sessions.stop()
        self._watching.close()

    async def _row(
        self, statement: Prepared, values: Sequence[Any], after: WalPosition, session: ReplicaSession
    ) -> Sequence[Any] | None:
        try:
            async with asyncio.timeout(settings.REQUEST_DEADLINE_SECONDS / 2):  # the rest is the primary's
                return await session.row(statement, values, after)
        except TimeoutError:
            session.lose()
            self._position = None
            raise LeftOut("it does not answer") from None
        except LeftOut:
            self._position = None
            raise
        except (DatabaseError, InterfaceError) as error:
            if not session.is_open:
                self._position = None
            raise LeftOut(type(error).__name__) from error

    def _leave_out(self, trouble: str) -> bool:
        self._position = None
        self._sessions.lose()
        self._tell(trouble)
        return False

    def _tell(self, trouble: str | None) -> None:
        """Log that something has changed."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble is None:
            logger.info("%s is read again", self.name)
        else:
            logger.warning("%s is left out: %s", self.name, trouble)


class Replicas:
    """All replicas of this process's settings, `names` in Django's DATABASES."""

    def __init__(self, names: Sequence[str], primary: ReadSessions) -> None:
        self.horizon = Horizon(settings.REPLICA_LAG_SECONDS)
        self.each = [Replica(name, self.horizon) for name in names]
        self._primary = primary
        self._turn = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop

    def __bool__(self) -> bool:
        return bool(self.each)

    def start(self) -> None:
        """Begin to watch them, and the primary."""
        self._loop = asyncio.get_running_loop()
        if self.each:
            self._tasks = [asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        """Close every session, once the statements under way have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for replica in self.each:
            await replica.stop()

    def has_replayed(self, position: WalPosition) -> bool:
        """Tell if there is a replica to be asked by whoever has to see all before `position`."""
        return bool(self._able(position))

    async def text(self, statement: Prepared, values: Sequence[Any], after: WalPosition) -> str | None:
        """Return the text that a statement behind its PROOF gives of what was written before `after`, and perhaps more.

        None where the primary has to be asked.
        """
        able = self._able(after)
        if not able:
            request_work.note_read(BEHIND)
            return None
        self._turn += 1
        replica = able[self._turn % len(able)]
        try:
            row = await replica.row(statement, values, max(after, self.horizon.least or after))
        except LeftOut:
            request_work.note_read(FAILED)
            return None
        text: str | None = row[0] if row else None
        request_work.note_read(BEHIND if text is None else replica.name)
        return text

    def text_for_thread(self, statement: Prepared, values: Sequence[Any], after: WalPosition) -> str | None:
        """Return what `text` does: for a database thread, which waits for it."""
        return asyncio.run_coroutine_threadsafe(self.text(statement, values, after), self._loop).result()

    def _able(self, after: WalPosition) -> list[Replica]:
        least = self.horizon.least
        if least is None:
            return []
        return [replica for replica in self.each if replica.has_replayed(max(after, least))]

    async def _watch(self) -> None:
        while not await self.look_at_primary():
            await asyncio.sleep(CHECKED_EVERY)
        watching = [asyncio.create_task(replica.watch()) for replica in self.each]
        try:
            while True:
                await asyncio.sleep(CHECKED_EVERY)
                await self.look_at_primary()
        finally:
            for task in watching:
                task.cancel()

    async def look_at_primary(self) -> bool:
        """Note the primary's position, and have it remember all writes from now on if it does not; tell if it could."""
        moment = self.horizon.now()
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                [(system, position, is_kept)] = await self._primary.rows(_PRIMARY, [])
            if not is_kept:
                await database(last_writes.keep)
        except (DatabaseError, InterfaceError, TimeoutError) as error:
            logger.warning("the primary does not tell its position: %s", type(error).__name__)
            return False
        self.horizon.note(moment, system, WalPosition.parse(position))
        return True


def _cancel_and_close(alias: str, pid: int) -> None:
    """Stop the statement of a backend by a session that is closed at once."""
    try:
        cancel(alias, pid)
    finally:
        connections[alias].close()
