"""Archiving of old activity to a file and restoring it, with all statistics the same before, between and after.

The file is written, flushed to the disk and read back first. Only then one transaction deletes exactly its
rows and keeps what statistics need of them. Interrupted before, nothing is missing in the database and the
same command goes on with the file that is there; interrupted after, it has nothing left to do.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.expressions import RawSQL

from courses import exceptions
from courses.models import ActivityArchive, ArchivedParticipation, ArchivedSession, User, UserActivity
from courses.policies.people import IS_HERE
from courses.selectors.learner_figures import QUARTER, SESSION_GAP, TIME_SPENT
from courses.utils import archive_file
from courses.utils.archive_file import Contents
from courses.utils.sql import execute, in_sql

_NOTE_ROWS = (
    "INSERT INTO rows_of_file SELECT (row ->> 'id')::bigint, row FROM unnest(%(rows)s::jsonb[]) AS row"
)

_HOLD_SAME_ROWS = """
SELECT FROM courses_useractivity AS activity
JOIN rows_of_file ON rows_of_file.id = activity.id AND rows_of_file.row = to_jsonb(activity)
FOR UPDATE OF activity
"""

_KEEP_SESSIONS = f"""
WITH moved AS (
    SELECT user_id, created_date AS moment, {TIME_SPENT} AS seconds,
        date_bin({QUARTER}, created_date, 'epoch') AS quarter
    FROM courses_useractivity AS activity JOIN rows_of_file USING (id)
), placed AS (
    SELECT *, coalesce(moment > lag(moment) OVER learner + {SESSION_GAP}, true) AS opens
    FROM moved WINDOW learner AS (PARTITION BY user_id ORDER BY moment)
), numbered AS (
    SELECT *, count(*) FILTER (WHERE opens) OVER (PARTITION BY user_id ORDER BY moment) AS number FROM placed
), session AS (
    SELECT user_id, number, min(moment) AS started, max(moment) AS ended, sum(seconds) AS seconds,
        min(quarter) AS first, max(quarter) AS last
    FROM numbered GROUP BY user_id, number
), busy AS (
    SELECT user_id, number, quarter, count(*) AS activities FROM numbered GROUP BY user_id, number, quarter
)
INSERT INTO {ArchivedSession._meta.db_table} (archive_id, user_id, started, ended, time_spent_seconds, activity_counts)
SELECT %(archive)s, user_id, started, ended, seconds, array_agg(coalesce(activities, 0) ORDER BY quarter)
FROM session
CROSS JOIN LATERAL generate_series(first, last, {QUARTER}) AS quarter
LEFT JOIN busy USING (user_id, number, quarter)
GROUP BY user_id, number, started, ended, seconds
"""  # noqa: S608 - made of constants

_KEEP_PARTICIPATIONS = f"""
INSERT INTO {ArchivedParticipation._meta.db_table} (archive_id, user_id, course_id, last_activity)
SELECT %(archive)s, user_id, course_id, max(created_date)
FROM courses_useractivity JOIN rows_of_file USING (id) WHERE course_id IS NOT NULL GROUP BY user_id, course_id
"""  # noqa: S608 - names of the models only

_REMOVE = (
    "DELETE FROM courses_useractivity AS activity USING rows_of_file WHERE rows_of_file.id = activity.id"
)

_FIELDS: Any = UserActivity._meta.concrete_fields
_PARTS = [field for field in _FIELDS if field.many_to_one and field.null]
"""References of an activity, whose targets may have been deleted."""

_BRING_BACK = f"""
INSERT INTO {UserActivity._meta.db_table} ({", ".join(field.column for field in _FIELDS)})
SELECT {", ".join(f"{field.name}.id" if field in _PARTS else f"was.{field.column}" for field in _FIELDS)}
FROM unnest(%(rows)s::jsonb[]) AS row
CROSS JOIN LATERAL jsonb_populate_record(NULL::{UserActivity._meta.db_table}, row) AS was
JOIN courses_user AS person ON person.id = was.user_id AND {in_sql(IS_HERE, person=User)}
""" + "\n".join(  # noqa: S608 - names of the models only
    f"LEFT JOIN {part.related_model._meta.db_table} AS {part.name} ON {part.name}.id = was.{part.column}"
    for part in _PARTS
)
"""Insertion of archived rows: none for people deleted or erased since, and null for other deleted targets."""


def archive_activity(*, before: datetime, path: Path) -> int:
    """Move the activity from before that moment to the new file `path`; return the number of its rows.

    An existing file is taken for that of an interrupted run, and finished. Raises Invalid when it is
    damaged, and Conflict when it is another archive or the database does not hold its very rows. Without
    activity to move no file is written.
    """
    moment = before.isoformat()
    if not path.exists():
        if not UserActivity.objects.filter(created_date__lt=before).exists():
            return 0
        _write(path, before)
    contents = _verified(path)
    if contents.before != moment:
        raise exceptions.Conflict(
            f"{path} holds activity before {contents.before}. Please name another file."
        )
    if not ActivityArchive.objects.filter(digest=contents.digest).exists():
        _move(path, contents)
    return contents.rows


@transaction.atomic
def restore_activity(*, path: Path) -> int:
    """Restore the activity in the file; return the number of rows. The file stays.

    Raises Invalid when it is damaged, and Conflict when its activity is not archived (any more).
    """
    contents = _verified(path)
    _take_time()
    archive = ActivityArchive.objects.select_for_update().filter(digest=contents.digest).first()
    if archive is None:
        raise exceptions.Conflict(f"The activity in {path} was restored already, or was archived elsewhere.")
    count = sum(execute(_BRING_BACK, rows=rows) for rows in archive_file.read(path, contents))
    archive.delete()
    return count


@transaction.atomic
def _write(path: Path, before: datetime) -> None:
    _take_time()
    rows = UserActivity.objects.filter(created_date__lt=before).order_by("pk")
    as_json = RawSQL('to_jsonb("courses_useractivity".*)::text', ())
    lines = rows.values_list(as_json, flat=True).iterator(chunk_size=10_000)
    archive_file.write(path, before=before.isoformat(), rows=lines)


def _verified(path: Path) -> Contents:
    try:
        return archive_file.verify(path)
    except archive_file.DamagedFile as damage:
        raise exceptions.Invalid(str(damage)) from damage


@transaction.atomic
def _move(path: Path, contents: Contents) -> None:
    """Delete the rows of the file from the database, all or none, and keep what statistics need."""
    _take_time()
    execute("CREATE TEMPORARY TABLE rows_of_file (id bigint PRIMARY KEY, row jsonb) ON COMMIT DROP")
    for rows in archive_file.read(path, contents):
        execute(_NOTE_ROWS, rows=rows)
    execute("ANALYZE rows_of_file")
    if execute(_HOLD_SAME_ROWS) != contents.rows:
        raise exceptions.Conflict(
            f"Not all activity in {path} is in the database as it was. Please remove the file and start again."
        )
    archive = ActivityArchive.objects.create(
        digest=contents.digest, before=datetime.fromisoformat(contents.before), row_count=contents.rows
    )
    execute(_KEEP_SESSIONS, archive=archive.pk)
    execute(_KEEP_PARTICIPATIONS, archive=archive.pk)
    execute(_REMOVE)
    execute("DROP TABLE rows_of_file")


def _take_time() -> None:
    """Lift the statement timeout of this transaction, for which no request waits."""
    execute("SET LOCAL statement_timeout = 0")
