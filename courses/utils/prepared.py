"""Statements that each PostgreSQL session plans once: PREPARE the first time, EXECUTE from then on.

Planning takes several times as long as running them. Nothing is prepared inside a transaction, which an unknown name
would abort. Outside of one, a session that lacks a name (it is new, or a pooler has handed over another one) prepares
again. Every attempt is one text, so that a pooler has one session execute all of it.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Any, TypeAlias

from django.db.backends.utils import CursorWrapper
from psycopg2 import errors

KEPT = 64
"""Prepared statements kept by a session, evicted LRU: each takes 130 to 330 kB of PostgreSQL's memory."""

REPAIRS = 3
"""Attempts to prepare again. Without a pooler one is enough; with one, each may meet a session in another state."""

_WITH_ONE_PLAN = "SET LOCAL plan_cache_mode = force_generic_plan"
"""These statements read by indexes whatever their parameters. By itself PostgreSQL guesses ten keys for an array of
one, finds the general plan dearer, and plans every time. Only for them: statements of triggers need plans of their own.
"""

VARYING: Any = object()
"""Placeholder of a parameter that differs from run to run, among the constant ones."""

Names: TypeAlias = dict[str, bool]
"""Names believed to be prepared in one session, the latest used last."""

_REPAIRED = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.FeatureNotSupported)
"""Errors of the name: unknown to the session, taken already, or of a plan whose columns have changed."""


class Attempt:
    """A text to send, with its parameters. As a context it suppresses a failure that the next attempt repairs."""

    def __init__(
        self, text: str, parameters: Sequence[Any], repaired: tuple[type[Exception], ...] = ()
    ) -> None:
        self.text, self.parameters, self._repaired = text, parameters, repaired
        self.failure: BaseException | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self.failure = error and error.__cause__
        return isinstance(self.failure, self._repaired)


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
        self._prepare_and_execute = f"PREPARE {self.name} AS {body}; {self._execute}"

    def execute(self, cursor: CursorWrapper, values: Sequence[Any]) -> None:
        """Run it with `values` for the varying parameters: one round trip."""
        names = None if cursor.db.in_atomic_block else _names_of(cursor.db)
        for attempt in self.attempts(names, values):
            with attempt:
                cursor.execute(attempt.text, attempt.parameters)

    def attempts(self, names: Names | None, values: Sequence[Any]) -> Iterator[Attempt]:
        """Yield what to send to a session that knows `names`, until it succeeds; None is one inside a transaction.

        Errors are Django's, with the driver's as their cause. Names that are taken for known are corrected by them.
        """
        if names is None or self._run_once:
            yield self._unprepared(values)
            return
        if names.pop(self.name, False):
            attempt = Attempt(self._execute, values, _REPAIRED)
        else:
            attempt = self._anew(values, _evicted(names))
        names[self.name] = True
        yield attempt
        for _ in range(REPAIRS):
            if attempt.failure is None:
                return
            is_unknown = isinstance(attempt.failure, errors.InvalidSqlStatementName)
            attempt = self._anew(values, None if is_unknown else self.name)
            yield attempt
        if attempt.failure is not None:
            yield self._unprepared(values)

    def _anew(self, values: Sequence[Any], forgotten: str | None) -> Attempt:
        """Return the attempt that has the session forget a name, prepare, and execute."""
        forget = f"DEALLOCATE {forgotten}; " if forgotten else ""
        return Attempt(forget + self._prepare_and_execute, [*self._constants, *values], _REPAIRED)

    def _unprepared(self, values: Sequence[Any]) -> Attempt:
        given = iter(values)
        parameters = [next(given) if value is VARYING else value for value in self._parameters]
        return Attempt(self._sql, parameters)


def _evicted(names: Names) -> str | None:
    """Make room for one name: take out the one that was not used for longest if need be, and return it."""
    if len(names) < KEPT:
        return None
    oldest = next(iter(names))
    del names[oldest]
    return oldest


def _names_of(connection: Any) -> Names:
    """Return the names known to be prepared in the session of `connection`."""
    session, names = getattr(connection, "prepared_names", (None, None))
    if names is None or session is not connection.connection:
        names = {}
        connection.prepared_names = connection.connection, names
    return names
