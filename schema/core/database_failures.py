"""What a failing database means for a client: stopped for time, a lock held by others, or not there."""

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from schema.core.error_codes import ErrorCode

T = TypeVar("T")

DATABASE_FAILURES = (DatabaseError, InterfaceError)

TRIES = 3
"""How often a write is begun that PostgreSQL ends for another one's sake."""

_COLLISIONS = {"40P01", "40001"}
"""deadlock_detected, serialization_failure: begun again it may well succeed, and nothing of it was written."""

_BY_SQLSTATE = {
    "57014": ErrorCode.TIMEOUT,  # query_canceled: the statement timeout
    "55P03": ErrorCode.BUSY,  # lock_not_available: the lock timeout
} | dict.fromkeys(_COLLISIONS, ErrorCode.BUSY)


def begun_again(write: Callable[[], T]) -> T:
    """The result of a write that owns its transaction, begun again when it collided with another one.

    Raises OperationalError after the last of TRIES, and at once inside a transaction that is not the write's.
    """
    for _ in range(TRIES - 1):
        try:
            return write()
        except OperationalError as error:
            if _sqlstate(error) not in _COLLISIONS or connection.in_atomic_block:
                raise
    return write()


def failure_code(error: BaseException | None) -> ErrorCode | None:
    """The code of a database failure, or None for any other exception, such as a statement that is wrong.

    Without a SQLSTATE, or with one of connection, resource and shutdown trouble, the database is UNAVAILABLE.
    Django keeps the driver's exception, which has the SQLSTATE, as the cause of its own.
    """
    # psycopg2 says no more than DatabaseError when the other end vanishes in the middle of a statement.
    is_lost = type(error) is DatabaseError
    if error is None or not (is_lost or isinstance(error, OperationalError | InterfaceError)):
        return None
    return _BY_SQLSTATE.get(_sqlstate(error), ErrorCode.UNAVAILABLE)


def _sqlstate(error: BaseException) -> str:
    return getattr(error.__cause__, "pgcode", None) or ""
