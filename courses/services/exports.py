"""Exports: started by people and partners, written to files by the background work, and deleted when they expire.

A file shows one moment: all of its lines are read from one snapshot, of which the cursor in the event feed is known.
"""

import gzip
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.db import DataError, OperationalError, ProgrammingError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from courses import exceptions
from courses.constants import MAX_EXPORTS_AT_ONCE, ExportKind, ExportStatus, Scope
from courses.models import Export, User
from courses.selectors.catalog import courses_visible_to
from courses.selectors.events import encode_cursor
from courses.selectors.exports import lines_of
from courses.services.events import hold_feed, move_everything
from courses.utils.clock import StatementTimestamp

SCOPES = {
    ExportKind.ATTEMPTS: Scope.ATTEMPTS_READ,
    ExportKind.RESPONSES: Scope.ATTEMPTS_READ,
    ExportKind.GRADES: Scope.ATTEMPTS_READ,
    ExportKind.ENROLLMENTS: Scope.COURSES_READ,
    ExportKind.REVIEWS: Scope.COURSES_READ,
    ExportKind.ACTIVITY: Scope.STATISTICS_READ,
}
"""Scope that a token needs to start an export and to download it: that of the same things in the API."""

SESSION_NAME = "courses exporting"
"""`application_name` of the session in `pg_stat_activity`."""

ROWS_AT_ONCE = 500
"""Number of lines that are in memory at one time. Each is 20 KB at most, as long as the longest response."""

COMPRESSION = 1

_CLAIM = "SELECT pg_try_advisory_xact_lock(hashtextextended('courses export ' || %s, 0))"
_FILE = re.compile(r"([0-9]{1,18})\.jsonl\.gz(\.part)?")

logger = logging.getLogger("courses.exports")


@transaction.atomic
def start_export(
    *,
    owner: User,
    principal: str,
    kind: ExportKind,
    course_id: int | None = None,
    changed_since: datetime | None = None,
    origin: str = "",
) -> Export:
    """Start an export of what its owner may see when it is written: of one course, or of all.

    `principal` alone can download it, and `origin` is the server's address for that. Raises NotFound for a course that
    the owner may not see, and TooManyExports while two of the principal's are running.
    """
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # exports of one person start in turn
    if course_id is not None and not courses_visible_to(owner).filter(pk=course_id).exists():
        raise exceptions.NotFound(field=["courseId"])
    running = Export.objects.filter(user=owner, principal=principal, status=ExportStatus.RUNNING)
    if running.count() >= MAX_EXPORTS_AT_ONCE:
        raise exceptions.TooManyExports
    return Export.objects.create(
        user=owner,
        principal=principal,
        kind=kind,
        course_id=course_id,
        changed_since=changed_since,
        origin=origin,
    )


# ---------------------------------------------------------------- writing


def count_running_exports() -> int:
    """Return the number of exports whose files are being written, or wait to be."""
    return Export.objects.filter(status=ExportStatus.RUNNING).count()


def write_exports() -> int:
    """Write the files of running exports that no other process is writing; return their number.

    Long work, for a thread of its own: it takes two sessions. What is unfinished when the process stops or dies is
    begun again by another one.
    """
    running = Export.objects.filter(status=ExportStatus.RUNNING).order_by("pk").values_list("pk", flat=True)
    written = 0
    for pk in list(running):
        try:
            written += _write(pk)
        except OperationalError as error:
            logger.warning("export %d is tried again: %s", pk, type(error).__name__)
    return written


def scope_of(export: Export) -> Scope:
    """Return the scope that a token needs for an export."""
    return SCOPES[ExportKind(export.kind)]


def path_of(export: Export) -> Path:
    """Return the path of an export's file."""
    directory: Path = settings.EXPORTS_DIR
    return directory / export.file_name


def _write(pk: int) -> bool:
    """Write the file of an export unless another process does; return whether it is ready."""
    if not _is_free(pk):
        return False
    with _snapshot() as (session, position):
        if not _claimed(session, pk):
            return False
        export = Export.objects.select_related("user").filter(pk=pk, status=ExportStatus.RUNNING).first()
        if export is None:
            return False
        try:
            count = _write_file(session, export)
        except (OSError, DataError, ProgrammingError):
            logger.exception("export %d has failed", pk)
            _end(export, status=ExportStatus.FAILED)
            return False
        return _end(
            export, status=ExportStatus.READY, object_count=count, events_cursor=encode_cursor(position)
        )


@contextmanager
def _snapshot() -> Iterator[tuple[Any, int]]:
    """Yield a session that reads one snapshot, and the position in the event feed of that moment.

    In the snapshot is whatever the events up to the position tell of, and nothing that a later one does: what the
    outbox holds in this very snapshot is moved to the feed, by a transaction that is over before anything is read.
    """
    session = psycopg2.connect(
        **connection.get_connection_params() | {"cursor_factory": None, "application_name": SESSION_NAME}
    )
    session.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            hold_feed()
            position = move_everything()
            cursor.execute("SELECT pg_export_snapshot()")
            [snapshot] = cursor.fetchone()
            with connection.wrap_database_errors, session.cursor() as reading:
                reading.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
                reading.execute("SET LOCAL statement_timeout = 0")
                reading.execute("SET LOCAL cursor_tuple_fraction = 1")
        yield session, position
    finally:
        session.close()


@transaction.atomic
def _is_free(pk: int) -> bool:
    """Return whether no process is writing an export now: a snapshot, which stops the mover, is for one that may."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [pk])
        [is_free] = cursor.fetchone()
    return bool(is_free)


def _claimed(session: Any, pk: int) -> bool:
    """Lock an export for as long as the session lives; return False where another one has it."""
    with connection.wrap_database_errors, session.cursor() as cursor:
        cursor.execute(_CLAIM, [pk])
        [is_claimed] = cursor.fetchone()
    return bool(is_claimed)


def _write_file(session: Any, export: Export) -> int:
    """Write the file under a name of its own until it is complete; return the number of lines."""
    path = path_of(export)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with part.open("xb") as raw:
        with gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=0) as file:
            count = 0
            for lines in _lines(session, export):
                file.write("".join(f"{line}\n" for (line,) in lines).encode())
                count += len(lines)
        raw.flush()
        os.fsync(raw.fileno())
    part.replace(path)
    return count


def _lines(session: Any, export: Export) -> Iterator[list[tuple[str]]]:
    """Yield the lines of an export, ROWS_AT_ONCE each time, by a cursor of the server."""
    for lines in lines_of(export):
        statement, parameters = lines.statement()
        with connection.wrap_database_errors, session.cursor("lines") as cursor:
            cursor.execute(statement, parameters)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield rows


def _end(export: Export, **outcome: Any) -> bool:
    """Store the outcome of an export; return False, and delete its file, where the export was deleted meanwhile."""
    running = Export.objects.filter(pk=export.pk, status=ExportStatus.RUNNING)
    lifetime = timedelta(hours=settings.EXPORT_LIFETIME_HOURS)
    if running.update(**outcome, expires_at=Now() + lifetime, updated_date=Now()):
        return True
    path_of(export).unlink(missing_ok=True)
    return False


# ---------------------------------------------------------------- deleting


def clear_exports() -> int:
    """Give up exports that wait for longer than a file would be kept, and delete files that nobody can download; return
    their number.
    """
    lifetime = timedelta(hours=settings.EXPORT_LIFETIME_HOURS)
    forgotten = Export.objects.filter(status=ExportStatus.RUNNING, created_date__lt=Now() - lifetime)
    given_up = forgotten.update(status=ExportStatus.FAILED, expires_at=Now(), updated_date=Now())
    return given_up + _delete_files()


def delete_files_of(person: User) -> None:
    """Delete the files of a person's exports, once the transaction has committed."""
    for export in Export.objects.filter(user=person):
        transaction.on_commit(partial(path_of(export).unlink, missing_ok=True))


def _delete_files() -> int:
    """Delete files without an export that can be downloaded or is running; return their number."""
    if not settings.EXPORTS_DIR.is_dir():
        return 0
    files = [
        (path, match) for path in settings.EXPORTS_DIR.iterdir() if (match := _FILE.fullmatch(path.name))
    ]
    is_needed = Q(status=ExportStatus.RUNNING) | Q(
        status=ExportStatus.READY, expires_at__gt=StatementTimestamp()
    )
    needed = set(
        Export.objects.filter(is_needed, pk__in=[int(match[1]) for _, match in files]).values_list(
            "pk", flat=True
        )
    )
    unneeded = [path for path, match in files if int(match[1]) not in needed]
    for path in unneeded:
        path.unlink(missing_ok=True)
    return len(unneeded)
