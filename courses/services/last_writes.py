"""Last writes: where in the write-ahead log somebody has written, so that they read it again, whoever answers.

One row for each person who wrote lately, in an unlogged table that all processes share. The row of EVERYBODY is there
from the first start on; without it a crash has emptied the table, and nobody's writes are known. It then gets the
position of that moment, before which everything was written that the table knew of.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from courses.models import User
from courses.utils import sql
from courses.utils.prepared import VARYING, Prepared
from courses.utils.wal_positions import WalPosition

logger = logging.getLogger("courses.last_writes")

EVERYBODY = 0
"""Key of the row whose position holds for all people; no person has it."""

TIMELINE = "('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer"
"""SQL of the primary's timeline: the first eight hexadecimal digits of a file of its log."""

_NOTE_WRITE = Prepared(
    f"""
INSERT INTO courses_lastwrite AS known (person_id, timeline, byte, noted_at)
VALUES (%s::bigint, {TIMELINE}, pg_current_wal_insert_lsn(), now())
ON CONFLICT (person_id) DO UPDATE SET (timeline, byte, noted_at) = (
    SELECT timeline, byte, now()
    FROM (VALUES (known.timeline, known.byte), (EXCLUDED.timeline, EXCLUDED.byte)) AS position (timeline, byte)
    ORDER BY timeline DESC, byte DESC LIMIT 1
)
RETURNING timeline || '-' || byte
    """,  # noqa: S608 - made of constants
    [VARYING],
)

IS_KEPT = f"EXISTS (SELECT FROM courses_lastwrite WHERE person_id = {EVERYBODY})"
"""Condition in SQL that the table knows all writes."""


def last_write_of(person_id: str) -> str:
    """Return the SQL of the position that a person has to see; null where it is not known."""
    return f"""(
        SELECT timeline || '-' || byte FROM courses_lastwrite
        WHERE person_id IN ({EVERYBODY}, {person_id}) AND {IS_KEPT}
        ORDER BY timeline DESC, byte DESC LIMIT 1
    )"""  # noqa: S608 - made of constants and a column


_LAST_WRITE = Prepared(f"SELECT {last_write_of('%s::bigint')}", [VARYING])


def remembered() -> timedelta:
    """Return how long a write is remembered: longer than any replica that is read may be behind."""
    return timedelta(seconds=max(60.0, 2 * settings.REPLICA_LAG_SECONDS))


def note_write(*, person: User) -> WalPosition | None:
    """Note that a person has written, once that is committed; return the position that shows all of it.

    None without replicas, where nothing needs to be noted. What was written is not undone by a failure to note it: that
    is tried twice, as the session may be lost, and logged.
    """
    for _ in range(2 if settings.REPLICAS else 0):
        try:
            return _noted(person.pk)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("a write could not be noted: %s", type(error).__name__)
            connection.close_if_unusable_or_obsolete()
    return None


def keep() -> None:
    """Have the table know all writes from now on."""
    _noted(EVERYBODY)


def last_write(*, person: User) -> WalPosition | None:
    """Return the position that a person has to see; None where it is not known, so that only the primary will do."""
    with connection.cursor() as cursor:
        _LAST_WRITE.execute(cursor, [person.pk])
        [position] = cursor.fetchone()
    return position and WalPosition.parse(position)


def forget_old_writes() -> int:
    """Delete what every replica that is read has replayed for long; return the number of rows."""
    return sql.execute(
        f"DELETE FROM courses_lastwrite WHERE noted_at < now() - %(kept)s AND person_id <> {EVERYBODY}",  # noqa: S608
        kept=remembered(),
    )


def _noted(person_id: int) -> WalPosition:
    with connection.cursor() as cursor:
        _NOTE_WRITE.execute(cursor, [person_id])
        return WalPosition.parse(cursor.fetchone()[0])
