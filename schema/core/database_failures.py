"""Classification of database failures (timeout, lock contention, outage), and retries of collided writes."""

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection

from schema.core.error_codes import ErrorCode

T = TypeVar("T")

DATABASE_FAILURES = (DatabaseError, InterfaceError)

TRIES = 3
"""Attempts at a write that PostgreSQL aborts in favour of another transaction."""

_COLLISIONS = {"40P01", "40001"}
"""SQLSTATEs of collisions, deadlock_detected and serialization_failure: rolled back, and safe to retry."""

_NOT_PREPARED = "26000"
"""SQLSTATE of a statement that the session of a pooler lacks in the middle of a transaction: rolled back as well."""

_REFERENT_GONE = "23503"
"""SQLSTATE of foreign_key_violation: somebody deleted meanwhile what the write refers to. The next try finds that."""

_BEGUN_AGAIN = _COLLISIONS | {_NOT_PREPARED, _REFERENT_GONE}

_BY_SQLSTATE = {
    "57014": ErrorCode.TIMEOUT,  # query_canceled: the statement timeout
    "55P03": ErrorCode.BUSY,  # lock_not_available: the lock timeout
} | dict.fromkeys(_COLLISIONS, ErrorCode.BUSY)


def begun_again(write: Callable[[], T]) -> T:
    """Run a write that owns its transaction, and retry it when it collided with another one, referred to what another
    one deleted, or a statement of it was not prepared; return its result.

    Raises the failure after TRIES attempts, and at once inside a transaction that is not the write's.
    """
    for _ in range(TRIES - 1):
        try:
            return write()
        except (OperationalError, IntegrityError) as error:
            if _sqlstate(error) not in _BEGUN_AGAIN or connection.in_atomic_block:
                raise
    return write()


def failure_code(error: BaseException | None) -> ErrorCode | None:
    """Return the code of a database failure; None for any other exception, such as a wrong statement.

    Without a SQLSTATE, or with one of connection, resource or shutdown trouble, the database is UNAVAILABLE.
    Django keeps the driver's exception, which has the SQLSTATE, as the cause of its own.
    """
    # psycopg2 raises a bare DatabaseError when the peer vanishes in the middle of a statement.
    is_lost = type(error) is DatabaseError
    if error is None or not (is_lost or isinstance(error, OperationalError | InterfaceError)):
        return None
    return _BY_SQLSTATE.get(_sqlstate(error), ErrorCode.UNAVAILABLE)


def _sqlstate(error: BaseException) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""
