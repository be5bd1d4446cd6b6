"""PostgreSQL sessions on the event loop: a read that is one prepared statement needs no thread, nor does a save.

psycopg2 sends and receives without blocking, and the loop tells when its socket is ready: a quarter of the processor
time of a job on a database thread. Reads are safe to repeat: one whose session turns out to be lost is run once more,
on a new session. A short transaction has a session to itself until it ends; given up inside of it, that is closed.
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

import psycopg2
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    Error,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)
from django.db.utils import DatabaseErrorWrapper
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE
from psycopg2.extras import register_default_jsonb

from courses.utils.prepared import ONE_PLAN, Names, Prepared, is_in_transaction
from schema.execution import database_threads, request_work
from schema.execution.database_threads import database

S = TypeVar("S", bound="Session")
T = TypeVar("T")

STOPPING_SECONDS = 5.0
"""Time to have PostgreSQL stop a statement whose caller has gone, before its session is closed in any case."""

_SET_UP = (
    "SELECT pg_backend_pid(), set_config(name, value, false) FROM json_each_text(%s) AS given (name, value)"
)

_errors_of_django: Any = DatabaseErrorWrapper(SimpleNamespace(Database=psycopg2))


class Sessions(Generic[S]):
    """Sessions of this process, each opened when it is first needed."""

    def __init__(self, sessions: Sequence[S]) -> None:
        self._all = sessions
        self._turns = asyncio.Semaphore(len(sessions))
        self._free = list(sessions)
        self._stopping: set[asyncio.Task[None]] = set()

    async def using(self, work: Callable[[S], Awaitable[T]]) -> T:
        """Do work with a session, and return its result. Callers take turns in the order in which they came.

        The caller sets the deadline: cancelling it stops the statement.
        """
        await self._turns.acquire()
        session = self._free.pop()
        try:
            return await work(session)
        finally:
            if session.is_executing or session.is_in_transaction:
                self._stop_and_put_back_later(session)
            else:
                self._put_back(session)

    @property
    def open(self) -> int:
        """Number of sessions that are open."""
        return sum(session.is_open for session in self._all)

    async def stop(self) -> None:
        """Close every session, once the statements under way have ended."""
        for _ in self._all:
            await self._turns.acquire()
        for session in self._free:
            session.close()
        for _ in self._all:
            self._turns.release()

    def lose(self) -> None:
        """Close every session at once: whoever waits for a statement gets an error."""
        for session in self._all:
            session.lose()

    def _stop_and_put_back_later(self, session: S) -> None:
        stopping = asyncio.create_task(self._stop_and_put_back(session))
        self._stopping.add(stopping)  # the loop itself keeps no task alive
        stopping.add_done_callback(self._stopping.discard)
        if work := request_work.current():
            work.add_job(stopping)

    async def _stop_and_put_back(self, session: S) -> None:
        """Stop the statement of a caller who has gone; its session is closed, so that no trace of it is left."""
        try:
            if session.pid is not None:
                with suppress(Error, TimeoutError):
                    async with asyncio.timeout(STOPPING_SECONDS):
                        await session.cancel(session.pid)
        finally:
            session.close()
            self._put_back(session)

    def _put_back(self, session: S) -> None:
        self._free.append(session)  # and taken first: as few as needed are opened
        self._turns.release()


class ReadSessions(Sessions["Session"]):
    """`number` sessions with the primary. With none, database threads read."""

    def __init__(self, number: int) -> None:
        super().__init__([Session() for _ in range(number)])

    @property
    def are_used(self) -> bool:
        """False where database threads do everything."""
        return bool(self._all) and not database_threads.use_callers_thread

    async def rows(self, statement: Prepared, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a statement that reads, and return its rows. Raises Django's errors."""
        if not self.are_used:
            return await database(_rows, statement, values)
        return await self.using(lambda session: session.rows(statement, values))


class Session:
    """One session, with the names that it has prepared; closed at first, and after it was lost."""

    def __init__(self, alias: str = DEFAULT_DB_ALIAS) -> None:
        self.alias = alias
        self._connection: Any = None
        self._answered: asyncio.Future[None]
        self.pid: int | None = None
        """Process id of its backend; None behind a pooler, which tells another number than PostgreSQL."""

    @property
    def is_open(self) -> bool:
        return self._connection is not None and not self._connection.closed

    @property
    def has_one_plan(self) -> bool:
        """True unless a pooler hands PostgreSQL's session over to others: the settings of ONE_PLAN last."""
        return self.pid is not None

    @property
    def is_executing(self) -> bool:
        return self.is_open and bool(self._connection.isexecuting())

    @property
    def is_in_transaction(self) -> bool:
        return self.is_open and is_in_transaction(self._connection)

    async def rows(self, statement: Prepared, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        while True:
            is_new = not self.is_open
            if is_new:
                await self.begin()
            try:
                return await self.ask(statement, values)
            except (DatabaseError, InterfaceError):
                if self.is_open:
                    raise
                self.close()  # before anything else takes the number of its socket
                if is_new:
                    raise

    async def cancel(self, pid: int) -> None:
        """Stop the statement of a backend, by a database thread.

        psycopg2's own `cancel` connects to the server with the whole process waiting.
        """
        await database(cancel, self.alias, pid)

    def lose(self) -> None:
        """Close it, also in the middle of a statement, whose caller gets an error."""
        if self.is_executing and not self._answered.done():
            self._answered.set_exception(psycopg2.OperationalError("the server was given up"))
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._connection.close()
            self._connection = None

    async def begin(self) -> None:
        """Connect as Django does: same parameters, time zone, role and types."""
        self.close()
        parameters, set_up = await asyncio.to_thread(_parameters, self.alias)
        with _errors_of_django, ExitStack() as on_failure:
            opened = psycopg2.connect(**parameters, async_=True)
            on_failure.callback(opened.close)
            await _established(opened)
            self._begin_with(opened)
            on_failure.callback(self.close)
            [(pid, _), *_] = await self._answer(_SET_UP, [json.dumps(set_up)])
            self.pid = pid if pid == opened.info.backend_pid else None
            if self.has_one_plan:
                await self._answer(_SET_UP, [json.dumps(ONE_PLAN)])
            on_failure.pop_all()

    def _begin_with(self, opened: Any) -> None:
        register_default_jsonb(opened, loads=lambda text: text)
        self._loop, self._connection, self._socket = asyncio.get_running_loop(), opened, opened.fileno()
        self._cursor = opened.cursor()
        self.names: Names = {}
        self._loop.add_reader(self._socket, self._advance)

    async def ask(self, statement: Prepared, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a statement in the session as it is, and return its rows."""
        work = request_work.current()
        rows: list[tuple[Any, ...]] = []
        for attempt in statement.attempts(self.names, values, has_one_plan=self.has_one_plan):
            if work:
                work.count_statement()
            with attempt, _errors_of_django:
                rows = await self._answer(attempt.text, attempt.parameters)
        return rows

    async def table(
        self, text: str, values: Sequence[Any]
    ) -> tuple[Sequence[str], Sequence[tuple[Any, ...]]]:
        """Run `text` in the session as it is; return the columns and rows of its last statement."""
        if work := request_work.current():
            work.count_statement()
        with _errors_of_django:
            rows = await self._answer(text, values)
        return [column.name for column in self._cursor.description or ()], rows

    async def _answer(self, text: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        self._answered = self._loop.create_future()
        self._cursor.execute(text, parameters)
        self._advance()  # the answer may have come already: then the socket never becomes readable
        await self._answered
        rows: list[tuple[Any, ...]] = self._cursor.fetchall() if self._cursor.description else []
        return rows

    def _advance(self) -> None:
        """Send and receive what the socket allows. An idle session has nothing to receive but its end."""
        if not self.is_open:
            return
        try:
            state = self._connection.poll()
        except psycopg2.Error as error:
            if not self.is_open:
                self.close()
            if not self._answered.done():
                self._answered.set_exception(error)
            return
        if state == POLL_WRITE:
            self._loop.add_writer(self._socket, self._send_on)
        elif state == POLL_OK and not self._answered.done():
            self._answered.set_result(None)

    def _send_on(self) -> None:
        self._loop.remove_writer(self._socket)
        self._advance()


def _parameters(alias: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return Django's parameters of a connection, and the settings that it makes once connected.

    On a thread: the embedded server may have to be started, and libpq would resolve names with the whole process
    waiting, so it gets addresses.
    """
    connection = connections[alias]
    parameters = connection.get_connection_params() | {"cursor_factory": None}
    host = parameters.get("host", "")
    if host and "hostaddr" not in parameters and not host.startswith(("/", "@")) and "," not in host:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            raise OperationalError(str(error)) from error
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        parameters |= {"host": ",".join([host] * len(addresses)), "hostaddr": ",".join(addresses)}
    settings = {"TimeZone": connection.timezone_name}
    if role := connection.settings_dict["OPTIONS"].get("assume_role"):
        settings["role"] = role
    return parameters, settings


async def _established(opened: Any) -> None:
    """Wait until a session has connected. Its socket may be another one after every step."""
    loop = asyncio.get_running_loop()
    while (state := opened.poll()) != POLL_OK:
        socket_now, ready = opened.fileno(), asyncio.Event()
        (loop.add_reader if state == POLL_READ else loop.add_writer)(socket_now, ready.set)
        try:
            await ready.wait()
        finally:
            (loop.remove_reader if state == POLL_READ else loop.remove_writer)(socket_now)


def _rows(statement: Prepared, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        statement.execute(cursor, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def cancel(alias: str, pid: int) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_cancel_backend(%s)", [pid])
