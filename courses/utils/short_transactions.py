"""Transactions of two round trips with Python in between: BEGIN goes with the first statements, COMMIT with the last.

psycopg2 sends BEGIN and COMMIT by themselves, two of the four round trips of a transaction that locks, looks and then
writes. Here they stand in the strings of its statements. For Django it is a block of `atomic`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from django.db import connection, transaction, utils
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from psycopg2 import errors
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from courses.utils.prepared import WITH_ONE_PLAN, Prepared, no_longer_known, roll_back, run_prepared
from courses.utils.row_writes import Written
from courses.utils.rows import CompiledQuery

T = TypeVar("T", bound=Model)

Write: TypeAlias = Callable[[Prepared, Sequence[Any]], None]
"""A function that has a statement write, which gives no result: at once, or when its transaction ends."""


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
        runs = [query.statement.run for query in self._opening]
        self._begin = "; ".join(["BEGIN", WITH_ONE_PLAN, *runs])

    @contextmanager
    def begun(self, keys: Mapping[int, Any]) -> Iterator[Begun[T]]:
        """Open it, with `keys` in place of the stand-ins of its queries.

        It is rolled back when the block raises. When the block ends it writes, and is committed.
        """
        is_outermost = not connection.in_atomic_block
        with transaction.atomic(), connection.cursor() as cursor:
            if is_outermost:
                cursor.db.connection.autocommit = True  # psycopg2 then sends no BEGIN of its own
            try:
                if is_outermost:
                    values = [value for query in self._opening for value in query.values(keys)]
                    run_prepared(cursor, self._begin, values, self._statements)
                else:
                    _run(cursor, [(query.statement, query.values(keys)) for query in self._opening])
                begun = Begun(self._reader.rows_at(cursor))
                yield begun
                if is_outermost:
                    self._write_and_commit(cursor, begun.writes)
                elif begun.writes:
                    _run(cursor, begun.writes)
            finally:
                if is_outermost:
                    roll_back(cursor.db)

    def _write_and_commit(self, cursor: CursorWrapper, writes: Sequence[Written]) -> None:
        database = cursor.db
        is_whole = database.connection.info.transaction_status == TRANSACTION_STATUS_INTRANS
        if database.needs_rollback or not is_whole:
            return
        text = "; ".join([*(statement.run for statement, _ in writes), "COMMIT"])
        try:
            cursor.execute(text, [value for _, values in writes for value in values])
        except utils.OperationalError as error:
            if isinstance(error.__cause__, errors.InvalidSqlStatementName):
                no_longer_known(database, self._statements)
            raise


def _run(cursor: CursorWrapper, statements: Sequence[Written]) -> None:
    """Run statements as a part of another transaction, which prepares none."""
    parameters = [value for statement, values in statements for value in statement.parameters(values)]
    cursor.execute("; ".join(statement.sql for statement, _ in statements), parameters)
