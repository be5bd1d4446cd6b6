"""Statements that each PostgreSQL session plans once: PREPARE the first time, EXECUTE from then on.

Planning takes several times as long as running them. Nothing is prepared inside a transaction, which an unknown name
would abort: those of a short transaction are prepared before it begins (`short_transactions.py`). Outside of one, a
session that lacks a name (it is new, or a pooler has handed over another one) prepares again. Every attempt is one
text, so that a pooler has one session execute all of it.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from itertools import chain
from types import TracebackType
from typing import Any, TypeAlias

from django.db import utils
from django.db.backends.utils import CursorWrapper
from psycopg2 import errors
from psycopg2.extensions import TRANSACTION_STATUS_INERROR, TRANSACTION_STATUS_INTRANS


class Tally:
    """Total that threads add to."""

    def __init__(self) -> None:
        self.total = 0
        self._lock = threading.Lock()

    def add(self, number: int) -> None:
        with self._lock:
            self.total += number


PREPARES = Tally()
"""Statements that sessions of this process were asked to prepare."""

KEPT = 64
"""Prepared statements kept by a session, evicted LRU: each takes 130 to 330 kB of PostgreSQL's memory."""

REPAIRS = 3
"""Attempts to prepare again. Without a pooler one is enough; with one, each may meet a session in another state."""

ONE_PLAN = {"plan_cache_mode": "force_generic_plan", "enable_hashjoin": "off", "enable_seqscan": "off"}
"""Settings for prepared statements, which read by indexes whatever their parameters. By itself PostgreSQL guesses ten
keys for an array of one, finds the general plan dearer, and plans every time. Where a table is small yet, or a key is
not known, it would also read and hash all of it for the sake of a few rows: a third of the catalogue's time, and two
thirds of the instructor's page. Only for them: statements of triggers need plans of their own.
"""

WITH_ONE_PLAN = "; ".join(f"SET LOCAL {name} = {value}" for name, value in ONE_PLAN.items())
"""Statements that make these settings for one transaction."""

VARYING: Any = object()
"""Placeholder of a parameter that differs from run to run, among the constant ones."""

Names: TypeAlias = dict[str, bool]
"""Names believed to be prepared in one session, the latest used last."""

_IN_TRANSACTION = (TRANSACTION_STATUS_INTRANS, TRANSACTION_STATUS_INERROR)

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
        self.sql, self._parameters, self._run_once = sql, parameters, run_once
        self.constants = [value for value in parameters if value is not VARYING]
        first, *pieces = sql.split("%s")
        marks: list[str] = []
        for value in parameters:
            marks.append("%s" if value is not VARYING else f"${1 + len(marks) - marks.count('%s')}")
        body = first + "".join(mark + piece for mark, piece in zip(marks, pieces, strict=True))
        self.name = "s" + blake2b(f"{body}{self.constants!r}".encode(), digest_size=12).hexdigest()
        values = ", ".join("%s" for value in parameters if value is VARYING)
        self.run = f"EXECUTE {self.name}" + (f"({values})" if values else "")
        self._run_with_one_plan = f"{WITH_ONE_PLAN}; {self.run}"
        self.prepare = f"PREPARE {self.name} AS {body}"

    def parameters(self, values: Sequence[Any]) -> list[Any]:
        """Return all parameters of `sql`, with `values` for the varying ones."""
        given = iter(values)
        return [next(given) if value is VARYING else value for value in self._parameters]

    def execute(self, cursor: CursorWrapper, values: Sequence[Any]) -> None:
        """Run it with `values` for the varying parameters: one round trip."""
        names = None if cursor.db.in_atomic_block else names_of(cursor.db)
        for attempt in self.attempts(names, values):
            with attempt:
                cursor.execute(attempt.text, attempt.parameters)

    def attempts(
        self, names: Names | None, values: Sequence[Any], *, has_one_plan: bool = False
    ) -> Iterator[Attempt]:
        """Yield what to send to a session that knows `names`, until it succeeds; None is one inside a transaction.

        A session that `has_one_plan` has these settings for good. Errors are Django's, with the driver's as their
        cause. Names that are taken for known are corrected by them.
        """
        if names is None or self._run_once:
            yield self._unprepared(values)
            return
        run = self.run if has_one_plan else self._run_with_one_plan
        yield from _attempts(names, run, values, [self], last=partial(self._unprepared, values))

    def _unprepared(self, values: Sequence[Any]) -> Attempt:
        return Attempt(self.sql, self.parameters(values))


def run_prepared(
    cursor: CursorWrapper, text: str, values: Sequence[Any], statements: Sequence[Prepared]
) -> None:
    """Run `text`, which runs the `statements`, in a session that has prepared all of them: one round trip.

    A transaction that `text` begins is rolled back where it fails.
    """
    for attempt in attempts_of_all(names_of(cursor.db), text, values, statements):
        with attempt:
            try:
                cursor.execute(attempt.text, attempt.parameters)
            except utils.DatabaseError:
                roll_back(cursor.db)
                raise


def note_unknown(names: Names, statements: Sequence[Prepared], failure: BaseException | None) -> None:
    """Have that of the `statements` prepared again when it is run next of which a failure says that it is not there."""
    if isinstance(failure, errors.InvalidSqlStatementName) and (named := named_by(failure, statements)):
        names.pop(named.name, None)


def is_in_transaction(session: Any) -> bool:
    """Tell if a psycopg2 connection is inside a transaction, also one that was begun in plain SQL."""
    return not session.closed and session.info.transaction_status in _IN_TRANSACTION


def roll_back(connection: Any) -> None:
    """End a transaction that was begun in plain SQL, if the session is inside of one."""
    session = connection.connection
    if is_in_transaction(session):
        with session.cursor() as cursor:
            cursor.execute("ROLLBACK")


def attempts_of_all(
    names: Names, text: str, values: Sequence[Any], statements: Sequence[Prepared]
) -> Iterator[Attempt]:
    """Yield what to send, until it succeeds, to a session that knows `names` and is to run `text`, which runs the
    `statements`.
    """
    return _attempts(names, text, values, statements, last=partial(Attempt, text, values))


def _attempts(
    names: Names,
    text: str,
    values: Sequence[Any],
    statements: Sequence[Prepared],
    *,
    last: Callable[[], Attempt],
) -> Iterator[Attempt]:
    """Yield what to send until `text` succeeds, at most REPAIRS times more than once for each statement; then `last`,
    come what may.

    A name tells its statement, so one that is there already is as good as our own, and stays: a pooler has others use
    the session too.
    """

    def preparing(missing: Collection[Prepared], forgotten: Sequence[str]) -> Attempt:
        if not missing:
            return Attempt(text, values, _REPAIRED)
        PREPARES.add(len(missing))
        parts = [f"DEALLOCATE {name}" for name in forgotten]
        parts += [statement.prepare for statement in missing]
        constants = chain.from_iterable(statement.constants for statement in missing)
        return Attempt("; ".join([*parts, text]), [*constants, *values], _REPAIRED)

    missing = dict.fromkeys(statement for statement in statements if statement.name not in names)
    for statement in statements:
        names.pop(statement.name, None)
    evicted = _evicted(names, room=len(statements))
    names.update((statement.name, True) for statement in statements)
    there: set[Prepared] = set()
    attempt = preparing(missing, evicted)
    yield attempt
    for _ in range(REPAIRS * len(statements)):
        if attempt.failure is None:
            return
        forgotten: list[str] = []
        if isinstance(attempt.failure, errors.FeatureNotSupported):  # which of them it was is not told
            names.clear()
            names.update((statement.name, True) for statement in statements)
            missing, forgotten = dict.fromkeys(statements), ["ALL"]
        elif named := named_by(attempt.failure, statements):
            is_there = isinstance(attempt.failure, errors.DuplicatePreparedStatement)
            (there.add if is_there else there.discard)(named)
            missing = dict.fromkeys(statement for statement in statements if statement not in there)
        attempt = preparing(missing, forgotten)
        yield attempt
    if attempt.failure is not None:
        yield last()


def named_by(failure: BaseException, statements: Sequence[Prepared]) -> Prepared | None:
    """Return the statement whose name an error of PostgreSQL tells; None for that of another one."""
    told = str(failure)
    return next((statement for statement in statements if statement.name in told), None)


def _evicted(names: Names, *, room: int) -> list[str]:
    """Make room for more: take out those that were not used for longest if need be, and return them."""
    oldest = list(names)[: max(0, len(names) + room - KEPT)]
    for name in oldest:
        del names[name]
    return oldest


def names_of(connection: Any) -> Names:
    """Return what is known to be prepared in the session of `connection`."""
    session, names = getattr(connection, "prepared_names", (None, None))
    if names is None or session is not connection.connection:
        names = {}
        connection.prepared_names = connection.connection, names
    return names
