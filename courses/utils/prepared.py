"""Statements that each PostgreSQL session plans once: PREPARE the first time, EXECUTE from then on.

Planning takes several times as long as running them. Nothing is prepared inside a transaction, which an unknown name
would abort. Outside of one, a session that lacks a name (it is new, or a pooler has handed over another one) prepares
again.
"""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

from django.db import utils
from django.db.backends.utils import CursorWrapper
from psycopg2 import errors

KEPT = 64
"""Prepared statements kept by a session, evicted LRU: each takes 130 to 330 kB of PostgreSQL's memory."""

_WITH_ONE_PLAN = "SET LOCAL plan_cache_mode = force_generic_plan"
"""These statements read by indexes whatever their parameters. By itself PostgreSQL guesses ten keys for an array of
one, finds the general plan dearer, and plans every time. Only for them: statements of triggers need plans of their own.
"""

VARYING: Any = object()
"""Placeholder of a parameter that differs from run to run, among the constant ones."""

_TO_BE_PREPARED_AGAIN = (errors.InvalidSqlStatementName, errors.FeatureNotSupported)
"""Errors after which to prepare again: the session does not know the name, or the columns of its plan have changed."""


class Prepared:
    """A statement with `%s` where `parameters` belong: constants, and VARYING ones that every run gives.

    A statement that is `run_once` is not worth a plan that the session keeps.
    """

    def __init__(self, sql: str, parameters: Sequence[Any], *, run_once: bool = False) -> None:
        self._sql, self._parameters, self._run_once = sql, parameters, run_once
        self._constants = [value for value in parameters if value is not VARYING]
        first, *pieces = sql.split("%s")
        marks: list[str] = []
        for value in parameters:
            marks.append("%s" if value is not VARYING else f"${1 + len(marks) - marks.count('%s')}")
        body = first + "".join(mark + piece for mark, piece in zip(marks, pieces, strict=True))
        self.name = "s" + blake2b(f"{body}{self._constants!r}".encode(), digest_size=12).hexdigest()
        values = ", ".join("%s" for value in parameters if value is VARYING)
        self._execute = f"{_WITH_ONE_PLAN}; EXECUTE {self.name}" + (f"({values})" if values else "")
        self._prepare = f"PREPARE {self.name} AS {body}"

    def execute(self, cursor: CursorWrapper, values: Sequence[Any]) -> None:
        """Run it with `values` for the varying parameters: one round trip."""
        if self._run_once or cursor.db.in_atomic_block:
            given = iter(values)
            parameters = [next(given) if value is VARYING else value for value in self._parameters]
            cursor.execute(self._sql, parameters)
            return
        known = _names_of(cursor.db)
        if known.pop(self.name, False):
            known[self.name] = True
            try:
                cursor.execute(self._execute, values)
                return
            except utils.DatabaseError as error:
                if not isinstance(error.__cause__, _TO_BE_PREPARED_AGAIN):
                    raise
        self._prepare_and_execute(cursor, values)
        known[self.name] = True
        while len(known) > KEPT:
            oldest = next(iter(known))
            del known[oldest]
            _forget(cursor, oldest)

    def _prepare_and_execute(self, cursor: CursorWrapper, values: Sequence[Any]) -> None:
        text, parameters = f"{self._prepare}; {self._execute}", [*self._constants, *values]
        try:
            cursor.execute(text, parameters)
        except utils.DatabaseError as error:
            if not isinstance(error.__cause__, errors.DuplicatePreparedStatement):
                raise
            _forget(cursor, self.name)
            cursor.execute(text, parameters)


def _forget(cursor: CursorWrapper, name: str) -> None:
    with suppress(errors.InvalidSqlStatementName), cursor.db.connection.cursor() as other:
        other.execute(f"DEALLOCATE {name}")


def _names_of(connection: Any) -> dict[str, bool]:
    """Return the names known to be prepared in the session of `connection`, the latest used last."""
    session, names = getattr(connection, "prepared_names", (None, None))
    if names is None or session is not connection.connection:
        names = {}
        connection.prepared_names = connection.connection, names
    return names
