"""What a failing database means for a client: stopped for time, a lock held by others, or not there."""

from django.db import DatabaseError, InterfaceError, OperationalError

from schema.core.error_codes import ErrorCode

DATABASE_FAILURES = (DatabaseError, InterfaceError)

_BY_SQLSTATE = {
    "57014": ErrorCode.TIMEOUT,  # query_canceled: the statement timeout
    "55P03": ErrorCode.BUSY,  # lock_not_available: the lock timeout
    "40P01": ErrorCode.BUSY,  # deadlock_detected
    "40001": ErrorCode.BUSY,  # serialization_failure
}


def failure_code(error: BaseException | None) -> ErrorCode | None:
    """The code of a database failure, or None for any other exception, such as a statement that is wrong.

    Without a SQLSTATE, or with one of connection, resource and shutdown trouble, the database is UNAVAILABLE.
    Django keeps the driver's exception, which has the SQLSTATE, as the cause of its own.
    """
    # psycopg2 says no more than DatabaseError when the other end vanishes in the middle of a statement.
    is_lost = type(error) is DatabaseError
    if error is None or not (is_lost or isinstance(error, OperationalError | InterfaceError)):
        return None
    sqlstate = getattr(error.__cause__, "pgcode", None)
    return _BY_SQLSTATE.get(sqlstate or "", ErrorCode.UNAVAILABLE)
