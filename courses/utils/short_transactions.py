"""Transactions of two round trips with Python in between: BEGIN goes with the first statements, COMMIT with the last.

psycopg2 sends BEGIN and COMMIT by themselves, two of the four round trips of a transaction that locks, looks and then
writes. Here they stand in the strings of its statements.

A function that has such a transaction is a coroutine function that `runs_anywhere`. On a database thread the session is
Django's, for which the transaction is a block of `atomic`; on the event loop it is the one of `session_on_loop`.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, Protocol, TypeAlias, TypeVar

from django.db import connection, transaction, utils
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from courses.utils.prepared import (
    WITH_ONE_PLAN,
    Names,
    Prepared,
    attempts_of_all,
    names_of,
    note_unknown,
    roll_back,
    run_prepared,
)
from courses.utils.row_writes import Written
from courses.utils.rows import CompiledQuery

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=Model)

Write: TypeAlias = Callable[[Prepared, Sequence[Any]], None]
"""A function that has a statement write, which gives no result: at once, or when its transaction ends."""

LOCK_TIMEOUT = "SET LOCAL lock_timeout = '50ms'"
"""Statement of transactions on the event loop, whose sessions are few: whoever has to wait waits on a thread."""


class SessionOnLoop(Protocol):
    """Session on the event loop that one transaction has to itself."""

    names: Names

    @property
    def has_one_plan(self) -> bool:
        """True where the settings of `ONE_PLAN` are made for good."""
        ...

    @property
    def is_in_transaction(self) -> bool: ...

    async def table(self, text: str, values: Sequence[Any]) -> tuple[Sequence[str], Sequence[Any]]:
        """Run `text`; return the columns and rows of its last statement. Raises Django's errors."""
        ...


session_on_loop: ContextVar[SessionOnLoop | None] = ContextVar("session_on_loop", default=None)
"""Session on the event loop that the transactions of a task are to use; None on a thread."""


class runs_anywhere(Generic[P, R]):  # noqa: N801 - a decorator
    """Coroutine function that waits for short transactions alone.

    Called, it runs to its end on this thread, as any other function; `on_loop` is itself, to be awaited.
    """

    def __init__(self, function: Callable[P, Coroutine[Any, Any, R]]) -> None:
        self.on_loop = function
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return run_to_end(self.on_loop(*args, **kwargs))


def run_to_end(coroutine: Coroutine[Any, Any, R]) -> R:
    """Return the result of a coroutine that waits for nothing, as its transactions are those of this thread."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: R = end.value
        return result
    coroutine.close()
    raise RuntimeError("It waits for something else than a transaction.")


def write_now(statement: Prepared, values: Sequence[Any]) -> None:
    """Run a statement that writes: the Write of all other transactions."""
    with connection.cursor() as cursor:
        statement.execute(cursor, values)


@dataclass(frozen=True)
class Begun(Generic[T]):
    """A transaction under way: the rows that it has read, and what it will have written when its block ends."""

    rows: list[T]
    writes: list[Written] = field(default_factory=list)

    def write(self, statement: Prepared, values: Sequence[Any]) -> None:
        """Have one of the transaction's statements write, after those that were given before."""
        self.writes.append((statement, values))

    @property
    def ending(self) -> str:
        """Text that writes and commits."""
        return "; ".join([*(statement.run for statement, _ in self.writes), "COMMIT"])

    @property
    def values(self) -> list[Any]:
        """Values of the writes."""
        return [value for _, values in self.writes for value in values]


class ShortTransaction(Generic[T]):
    """Transaction that waits for the locks of `locks`, one after the other, reads the rows of `read`, and writes.

    `read` is a statement of its own, and so sees everything that was committed before the locks were there. The
    statements of one string share their `statement_timestamp()`, the moment of its arrival. `writes` are all
    statements that may write.
    """

    def __init__(
        self, locks: Sequence[CompiledQuery[Any]], read: CompiledQuery[T], writes: Sequence[Prepared]
    ) -> None:
        self._opening, self._reader = [*locks, read], read.reader
        self._statements = [*(query.statement for query in self._opening), *writes]
        self._runs = "; ".join(query.statement.run for query in self._opening)

    @asynccontextmanager
    async def begun(self, keys: Mapping[int, Any]) -> AsyncIterator[Begun[T]]:
        """Open it, with `keys` in place of the stand-ins of its queries.

        It is rolled back when the block raises. When the block ends it writes, and is committed.
        """
        session = session_on_loop.get()
        if session is None:
            with self.begun_on_thread(keys) as begun:
                yield begun
            return
        try:
            yield (begun := await self._opened(session, keys))
            await session.table(begun.ending, begun.values)
        except utils.OperationalError as error:
            note_unknown(session.names, self._statements, error.__cause__)
            raise
        finally:
            if session.is_in_transaction:
                await session.table("ROLLBACK", [])

    async def _opened(self, session: SessionOnLoop, keys: Mapping[int, Any]) -> Begun[T]:
        settings = LOCK_TIMEOUT if session.has_one_plan else f"{LOCK_TIMEOUT}; {WITH_ONE_PLAN}"
        text = f"BEGIN; {settings}; {self._runs}"
        for attempt in attempts_of_all(session.names, text, self._values(keys), self._statements):
            with attempt:
                try:
                    columns, rows = await session.table(attempt.text, attempt.parameters)
                except utils.DatabaseError:
                    if session.is_in_transaction:
                        await session.table("ROLLBACK", [])
                    raise
        return Begun(self._reader.rows_of(columns, rows, connection))

    @contextmanager
    def begun_on_thread(self, keys: Mapping[int, Any]) -> Iterator[Begun[T]]:
        """Open it in Django's session, for a function that is no coroutine."""
        is_outermost = not connection.in_atomic_block
        with transaction.atomic(), connection.cursor() as cursor:
            if is_outermost:
                cursor.db.connection.autocommit = True  # psycopg2 then sends no BEGIN of its own
            try:
                if is_outermost:
                    text = f"BEGIN; {WITH_ONE_PLAN}; {self._runs}"
                    run_prepared(cursor, text, self._values(keys), self._statements)
                else:
                    _run(cursor, [(query.statement, query.values(keys)) for query in self._opening])
                begun = Begun(self._reader.rows_at(cursor))
                yield begun
                if is_outermost:
                    self._write_and_commit(cursor, begun)
                elif begun.writes:
                    _run(cursor, begun.writes)
            finally:
                if is_outermost:
                    roll_back(cursor.db)

    def _write_and_commit(self, cursor: CursorWrapper, begun: Begun[T]) -> None:
        database = cursor.db
        is_whole = database.connection.info.transaction_status == TRANSACTION_STATUS_INTRANS
        if database.needs_rollback or not is_whole:
            return
        try:
            cursor.execute(begun.ending, begun.values)
        except utils.OperationalError as error:
            note_unknown(names_of(database), self._statements, error.__cause__)
            raise

    def _values(self, keys: Mapping[int, Any]) -> list[Any]:
        return [value for query in self._opening for value in query.values(keys)]


def _run(cursor: CursorWrapper, statements: Sequence[Written]) -> None:
    """Run statements as a part of another transaction, which prepares none."""
    parameters = [value for statement, values in statements for value in statement.parameters(values)]
    cursor.execute("; ".join(statement.sql for statement, _ in statements), parameters)
