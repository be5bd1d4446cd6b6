"""Event feed, narrowed to a viewer, and read on from a position.

Positions ascend by one in the order in which events become visible, so whoever remembers the last one has missed
nothing before it. A cursor is a position, opaque to clients.
"""

import base64
import re
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from courses.constants import EVENTS_FOR_LEARNERS, EventType
from courses.models import Course, Enrollment, Event
from courses.policies.events import may_see_event
from courses.policies.participation import TAKES, Viewer
from courses.utils.sql import fetch, in_sql

WINDOW = 1_000
"""Maximum number of events that one read for certain types looks at: what it does not find there is for the next."""

_SUBJECTS = {
    "attempt": "AssessmentAttempt",
    "enrollment": "Enrollment",
    "lesson": "Lesson",
    "review": "Review",
    "assessment": "Assessment",
    "course": "Course",
}

_POSITION = re.compile(rb"event:([0-9]{1,18})")

_OF_EVERYBODY = "SELECT * FROM {events} WHERE id > %(after)s {only} {of_course} ORDER BY id LIMIT %(window)s"

_OF_COURSES = """
    SELECT event.* FROM {courses} AS {row} CROSS JOIN LATERAL (
        SELECT * FROM {events} WHERE course_id = {row}.course_id AND id > %(after)s {told} {of_course}
        ORDER BY id LIMIT %(window)s
    ) AS event WHERE {row}.user_id = %(viewer)s {only}
"""


class CursorExpired(Exception):  # noqa: N818 - it says what the cursor is
    """Events after the cursor are no longer kept."""


@dataclass(frozen=True)
class Passage:
    """Events after a position, in order. `end` is the position to go on from, also where none was found.

    `has_more` tells that there is more to look at after it already.
    """

    events: list[Event]
    end: int
    has_more: bool


def events_visible_to(viewer: Viewer) -> QuerySet[Event]:
    """Return the events of courses that the viewer teaches, the viewer's own, and changes of courses that they take and
    of assessments there; all for staff of the platform.

    For a few events whose ids are known; `events_after` walks the feed, by indexes whoever asks.
    """
    return Event.objects.filter(may_see_event(viewer))


def events_after(
    viewer: Viewer,
    position: int | None,
    *,
    size: int,
    types: Collection[EventType] | None = None,
    course_id: int | None = None,
) -> Passage:
    """Return the next events that the viewer may see, at most `size`; None begins with the oldest.

    One statement, whose work is bounded: where few events are of `types` it looks at WINDOW and comes back. Raises
    CursorExpired for a position whose next event is no longer kept, and ValueError for one that is yet to come.
    """
    window = size if types is None else max(size, WINDOW)
    rows = fetch(
        _statement(viewer, course_id),
        after=position or 0,
        window=window + 1,
        viewer=viewer.pk if viewer else None,
        course=course_id,
    )
    oldest, newest = rows[0].oldest, rows[0].newest
    if position is not None and position > newest:
        raise ValueError("a position that is yet to come")
    if position is not None and position < oldest - 1:
        raise CursorExpired
    seen = [row for row in rows if row.id is not None]
    found = [row for row in seen[:window] if types is None or row.type in types]
    events = [_event(row) for row in found[:size]]
    if len(found) > size:
        return Passage(events, events[-1].pk, has_more=True)
    if len(seen) > window:
        return Passage(events, seen[window - 1].id, has_more=True)
    return Passage(events, newest, has_more=False)


def newest_position() -> int:
    """Return the position of the newest event, 0 where there was none yet."""
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def subject_type(type: str) -> str:
    """Return the name of the GraphQL type of what an event of this type is about."""
    return _SUBJECTS[type.partition(".")[0]]


def encode_cursor(position: int) -> str:
    """Return the cursor after the event at a position."""
    return base64.urlsafe_b64encode(f"event:{position}".encode()).decode()


def decode_cursor(cursor: str) -> int:
    """Return the position of a cursor. Raises ValueError for what is none."""
    try:
        match = _POSITION.fullmatch(base64.urlsafe_b64decode(cursor))
    except ValueError:
        match = None
    if match is None:
        raise ValueError("not a cursor of the event feed")
    return int(match[1])


def _statement(viewer: Viewer, course_id: int | None) -> str:
    """Return the statement that reads from each source of the viewer's events by its index, and merges them."""
    events = Event._meta.db_table
    names = {"events": events, "of_course": "AND course_id = %(course)s" if course_id is not None else ""}
    if viewer is None:
        sources = [f"SELECT * FROM {events} WHERE false"]  # noqa: S608 - a name of the models
    elif viewer.is_staff:
        sources = [_OF_EVERYBODY.format(**names, only="")]
    else:
        teaching, taking = Course.instructors.through._meta.db_table, Enrollment._meta.db_table
        told = ", ".join(f"'{each}'" for each in EVENTS_FOR_LEARNERS)
        takes = in_sql(TAKES, taken=Enrollment)
        sources = [
            _OF_EVERYBODY.format(**names, only="AND learner_id = %(viewer)s"),
            _OF_COURSES.format(**names, courses=teaching, row="taught", told="", only=""),
            _OF_COURSES.format(
                **names, courses=taking, row="taken", told=f"AND type IN ({told})", only=f"AND {takes}"
            ),
        ]
    merged = " UNION ".join(f"({source})" for source in sources)
    return f"""
        SELECT feed.oldest, feed.newest, event.*
        FROM (SELECT coalesce(min(id), 1) AS oldest, coalesce(max(id), 0) AS newest FROM {events}) AS feed
        LEFT JOIN (SELECT * FROM ({merged}) AS source ORDER BY id LIMIT %(window)s) AS event ON true
        ORDER BY event.id
    """  # noqa: S608 - names of the models


def _event(row: tuple[object, ...]) -> Event:
    values = row._asdict()  # type: ignore[attr-defined]
    return Event(**{field.attname: values[field.column] for field in Event._meta.concrete_fields})
