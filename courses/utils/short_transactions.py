"""Transactions of two round trips with Python in between: BEGIN goes with the first statements, COMMIT with the last.

psycopg2 sends BEGIN and COMMIT by themselves, two of the four round trips of a transaction that locks, looks and then
writes. Here they stand in the strings of its statements. For Django it is a block of `atomic`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from django.db import connection, transaction, utils
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from psycopg2 import errors
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from courses.utils.prepared import WITH_ONE_PLAN, Prepared, no_longer_known, roll_back, run_prepared
from courses.utils.rows import CompiledQuery

T = TypeVar("T", bound=Model)

Write: TypeAlias = Callable[[Sequence[Any]], None]
"""A function that runs the statement which writes."""


@dataclass(frozen=True)
class Begun(Generic[T]):
    """A transaction under way: the rows that it has read, and the function that writes."""

    rows: list[T]
    write: Write


class ShortTransaction(Generic[T]):
    """Transaction that waits for the locks of `lock`, reads the rows of `read`, and runs `write`, which has no result.

    `read` is a statement of its own, and so sees everything that was committed before the locks were there. The
    statements of one string share their `statement_timestamp()`, the moment of its arrival.
    """

    def __init__(self, lock: QuerySet[Any], read: QuerySet[T], write: Prepared) -> None:
        with transaction.atomic():  # outside of one Django composes no locks; PostgreSQL is told nothing
            queries = self._queries = [CompiledQuery(lock), CompiledQuery(read)]
        self._write, self._reader = write, queries[1].reader
        self._opening = [query.statement for query in queries]
        self._begin = "; ".join(["BEGIN", WITH_ONE_PLAN, *(statement.run for statement in self._opening)])

    @contextmanager
    def begun(self, keys: Mapping[int, Any], *, is_brief: bool = True) -> Iterator[Begun[T]]:
        """Open it, with `keys` in place of the stand-ins of its queries.

        It is rolled back when the block raises. The statements of a brief one are prepared, and `write`, its last,
        commits it. Any other, and a brief one in which nothing is written, is committed when the block ends.
        """
        is_outermost = not connection.in_atomic_block
        with transaction.atomic(), connection.cursor() as cursor:
            if is_outermost:
                cursor.db.connection.autocommit = True  # psycopg2 then sends no BEGIN of its own
            try:
                if is_outermost and is_brief:
                    self._open_prepared(cursor, keys)
                    write = self._write_and_commit
                else:
                    self._open(cursor, keys, "BEGIN; " if is_outermost else "")
                    write = self._write.execute
                yield Begun(self._reader.rows_at(cursor), partial(write, cursor))
                if is_outermost:
                    _commit(cursor.db)
            finally:
                if is_outermost:
                    roll_back(cursor.db)

    def _open(self, cursor: CursorWrapper, keys: Mapping[int, Any], begin: str) -> None:
        parameters: list[Any] = []
        for query in self._queries:
            parameters += query.statement.parameters(query.values(keys))
        cursor.execute(begin + "; ".join(statement.sql for statement in self._opening), parameters)

    def _open_prepared(self, cursor: CursorWrapper, keys: Mapping[int, Any]) -> None:
        values = [value for query in self._queries for value in query.values(keys)]
        run_prepared(cursor, self._begin, values, [*self._opening, self._write])

    def _write_and_commit(self, cursor: CursorWrapper, values: Sequence[Any]) -> None:
        try:
            cursor.execute(f"{self._write.run}; COMMIT", values)
        except utils.OperationalError as error:
            if isinstance(error.__cause__, errors.InvalidSqlStatementName):
                no_longer_known(cursor.db, [*self._opening, self._write])
            raise


def _commit(database: Any) -> None:
    session = database.connection
    if session.info.transaction_status == TRANSACTION_STATUS_INTRANS and not database.needs_rollback:
        with database.wrap_database_errors, session.cursor() as cursor:
            cursor.execute("COMMIT")
