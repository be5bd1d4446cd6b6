"""The database's clock: the only one that every process shares, and the only one that decides anything."""

from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, Func


class StatementTimestamp(Func):
    """The moment at which a statement began; unlike `Now()` it moves on within a transaction, and so comes
    after the wait for a lock that an earlier statement took.
    """

    function = "statement_timestamp"
    output_field = DateTimeField()


def database_now() -> datetime:
    """The moment of this statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
