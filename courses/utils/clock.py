"""Clock of the database: the only one that every process shares, and the only one that decides anything."""

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func, Q
from django.db.models.functions import Now


class StatementTimestamp(Func):
    """Moment at which a statement began. Unlike `Now()` it advances within a transaction, and so comes after the
    wait for a lock that an earlier statement took.
    """

    function = "statement_timestamp"
    output_field = DateTimeField()


class ClockTimestamp(Func):
    """Moment at which a row is read, after any wait for an earlier statement of the same string."""

    function = "clock_timestamp"
    output_field = DateTimeField()


def not_expired() -> Q:
    """Return a predicate over rows that may have an `expires_at`: it is yet to come, or there is none."""
    return Q(expires_at=None) | Q(expires_at__gt=Now())


def database_now() -> datetime:
    """Return the moment of this statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
