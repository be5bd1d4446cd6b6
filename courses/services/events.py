"""Event feed: recording of changes in the outbox, and moving them to the feed.

A service records an event in the transaction that makes the change: both are committed or neither is. The outbox has no
foreign keys and no index but its key, so recording waits for nobody. One mover at a time moves what was committed to
the feed, in the order of the outbox's keys, and numbers it there.

No event is missed. Positions are given under a lock that is held until the move is committed, so they become visible in
their order, and nothing appears before what somebody has read. What was not committed when the mover looked stays in
the outbox, and gets a higher position later.

Events about one subject keep their order. Whoever changes an attempt holds the lock of its row from before the key in
the outbox is drawn until the commit. So of two events the second has the higher key, and is visible in the outbox only
when the first is too, or was moved already. An order by transaction ids would not do: a regrade has its id before it
waits for the lock of an attempt.

Learners save after every click. Saves of an attempt that wait in the outbox together become one event, the last. The
mover joins them, so that a save only ever inserts: nobody but an erasure updates rows of the outbox.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zlib import crc32

from django.conf import settings
from django.db import transaction

from courses.constants import EventType
from courses.models import Assessment, AssessmentAttempt, Enrollment, Event, Lesson, PendingEvent, Review
from courses.selectors.events import newest_position
from courses.services.changes import tell_events_moved
from courses.utils.prepared import VARYING, Prepared
from courses.utils.short_transactions import Write, write_now
from courses.utils.sql import execute, fetch
from courses.utils.traces import traceparent

BATCH = 1_000
"""Maximum number of events that one transaction moves."""

MOVER = crc32(b"courses_events")
"""Advisory lock of the mover."""

RECORD_EVENT = Prepared(
    f"""
INSERT INTO {PendingEvent._meta.db_table} (type, traceparent, subject_id, course_id, learner_id, revision)
SELECT %s, %s, subject, course, learner, revision
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::integer[]) AS changed (subject, course, learner, revision)
    """,  # noqa: S608 - a name of the models only
    [VARYING] * 6,
)
"""Recording of events, by the statement that a short transaction ends with."""

_RECORD_ASSESSMENT = f"""
INSERT INTO {PendingEvent._meta.db_table} (type, traceparent, subject_id, course_id)
SELECT '{EventType.ASSESSMENT_CHANGED}', %(traceparent)s, assessment.id, lesson.course_id
FROM {Assessment._meta.db_table} AS assessment JOIN {Lesson._meta.db_table} AS lesson ON lesson.id = lesson_id
WHERE assessment.id = %(assessment)s
"""  # noqa: S608 - names of the models only

_MOVE = f"""
WITH next AS MATERIALIZED (
    SELECT id FROM {PendingEvent._meta.db_table} ORDER BY id LIMIT %(batch)s
), taken AS (
    DELETE FROM {PendingEvent._meta.db_table} AS pending USING next WHERE pending.id = next.id RETURNING pending.*
), numbered AS (
    SELECT *, row_number() OVER (ORDER BY id) AS place FROM taken AS event
    WHERE type <> '{EventType.ATTEMPT_SAVED}' OR NOT EXISTS (
        SELECT FROM taken AS later
        WHERE later.type = event.type AND later.subject_id = event.subject_id AND later.id > event.id
    )
), moved AS (
    INSERT INTO {Event._meta.db_table} (id, type, occurred_at, subject_id, course_id, learner_id, revision, traceparent)
    SELECT newest + place, type, occurred_at, subject_id, course_id, learner_id, revision, traceparent
    FROM numbered CROSS JOIN (SELECT coalesce(max(id), 0) AS newest FROM {Event._meta.db_table}) AS feed
    RETURNING course_id
)
SELECT (SELECT count(*) FROM taken) AS taken, (SELECT count(*) FROM moved) AS moved,
    ARRAY(SELECT DISTINCT course_id FROM moved) AS courses
"""  # noqa: S608 - names of the models only


class Subject(NamedTuple):
    """Subject of an event, by primary keys; `learner_id` is the person whose it is."""

    id: int
    course_id: int
    learner_id: int | None = None
    revision: int | None = None


def are_recorded() -> bool:
    """Return whether events are recorded: not where the feed is switched off."""
    on: bool = settings.EVENTS_KEPT_DAYS > 0
    return on


def record(type: EventType, subjects: Sequence[Subject], *, write: Write = write_now) -> None:
    """Record an event of this type about each of the subjects: part of a service's transaction, and one statement for
    any number.
    """
    if subjects and are_recorded():
        write(RECORD_EVENT, [type.value, traceparent(), *map(list, zip(*subjects, strict=True))])


def record_enrollments_changed(enrollments: Iterable[Enrollment]) -> None:
    """Record that the status or progress of these enrolments has changed."""
    subjects = [Subject(each.pk, each.course_id, each.user_id) for each in enrollments]
    record(EventType.ENROLLMENT_CHANGED, subjects)


def record_course_changed(course_id: int) -> None:
    """Record that a course, its lessons or instructors have changed."""
    record(EventType.COURSE_CHANGED, [Subject(course_id, course_id)])


def record_of_review(type: EventType, review: Review) -> None:
    """Record an event about a review, whose author is the learner."""
    record(type, [Subject(review.pk, review.course_id, review.user_id)])


def record_assessment_changed(assessment_id: int) -> None:
    """Record that an assessment or its questions have changed. One that is to be deleted must still be there."""
    if are_recorded():
        execute(_RECORD_ASSESSMENT, assessment=assessment_id, traceparent=traceparent())


def subject_of(attempt: AssessmentAttempt, course_id: int) -> Subject:
    """Return the attempt as the subject of an event."""
    return Subject(attempt.pk, course_id, attempt.user_id, attempt.revision)


def move_events() -> int:
    """Move what waits in the outbox to the feed, batch by batch, unless another process does; return the number."""
    moved = 0
    while (batch := _move_batch()) is not None:
        moved += batch.moved
        if batch.taken < BATCH:
            break
    return moved


@transaction.atomic
def settle() -> int:
    """Move everything that was committed to the feed, also what another process is moving now; return the position of
    the newest event.
    """
    execute("SELECT pg_advisory_xact_lock(%(mover)s)", mover=MOVER)
    return move_everything()


def hold_feed() -> None:
    """Lock the feed against movers until the transaction ends; readers and writers go on.

    Takes no snapshot: as the first statement of a REPEATABLE READ transaction it makes sure that all positions given
    so far are seen. Hold it shortly, and export the snapshot for what takes longer.
    """
    execute(f"LOCK TABLE {Event._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def move_everything() -> int:
    """Move everything that this transaction sees in the outbox; return the position of the newest event.

    The caller holds the mover's lock, by `hold_feed` where the transaction has one snapshot. Then what this snapshot
    sees is exactly what has happened up to that position. A person who is erased meanwhile fails such a transaction,
    as a conflict of serialisation: begin it again.
    """
    while _move().taken == BATCH:
        pass
    return newest_position()


class _Batch(NamedTuple):
    taken: int
    moved: int


def _move_batch() -> _Batch | None:
    """Move one batch in a transaction; None where nothing waits, or another process moves it."""
    if not PendingEvent.objects.exists():
        return None
    with transaction.atomic():
        [(is_mine,)] = fetch("SELECT pg_try_advisory_xact_lock(%(mover)s) AS is_mine", mover=MOVER)
        return _move() if is_mine else None


def _move() -> _Batch:
    """Move the first events of the outbox, and publish in which courses. A statement after the one that took the lock,
    so that it sees what the mover before has left.
    """
    [row] = fetch(_MOVE, batch=BATCH)
    tell_events_moved(row.courses)
    return _Batch(row.taken, row.moved)
