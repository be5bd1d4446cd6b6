"""Publishing of changes to every process, for the people who watch there.

PostgreSQL's NOTIFY carries them within the writing transaction: they are sent when it commits, and never when it
is rolled back. A message is topics without content; a listener reads what it may see of them.

NOTIFY has commits wait for each other, so a topic that nobody watches is not told. A process that watches shares an
advisory lock for as long as its session lives; a writer tries to have the same lock alone, until it commits. Either it
fails, for somebody watches, and tells; or it succeeds, and whoever begins to watch has to try again until the change
can be read. Nothing is stored, so nothing outlives a process that dies.
"""

from collections.abc import Collection, Sequence
from hashlib import md5
from typing import Any, NamedTuple
from zlib import crc32

from courses.utils.prepared import VARYING, Prepared
from courses.utils.sql import execute

CHANNEL = "courses_changes"

CREDENTIALS = "credentials"
"""Kind of the topics of people whose tokens, password, account or partners have ended, which triggers always tell."""

SESSION = "session"
"""Kind of the topics of sessions that have ended, which a trigger always tells."""

WATCHES = 256
"""Number of locks for each kind of topic: PostgreSQL's table of locks has 64 for each session that it allows."""

TOPICS_PER_MESSAGE = 250
"""PostgreSQL takes 8000 bytes in one message; the longest topic has 27, and a space follows it."""

TELLING = "SELECT pg_notify(%s, %s) WHERE NOT pg_try_advisory_xact_lock(%s, %s)"
"""Publication of one topic, as a statement or the end of one; its first parameter is CHANNEL."""

TELL = Prepared(TELLING, [CHANNEL, VARYING, VARYING, VARYING])

_TELL = """
SELECT pg_notify(%(channel)s, string_agg(topic, ' '))
FROM (
    SELECT topic, (row_number() OVER () - 1) / %(per_message)s AS message
    FROM unnest(%(topics)s::text[], %(kinds)s::int[], %(numbers)s::int[]) AS changed (topic, kind, number)
    WHERE NOT pg_try_advisory_xact_lock(kind, number)
) AS watched
GROUP BY message
"""


class Watch(NamedTuple):
    """Advisory lock of a topic, and of others of its kind: telling too much is harmless."""

    kind: int
    number: int


def watch_of(topic: str) -> Watch:
    """Return the lock of a topic, which is `kind:number`."""
    kind, _, number = topic.partition(":")
    return Watch(crc32(f"{CHANNEL} {kind}".encode()) >> 1, int(number) % WATCHES)


def telling(topic: str) -> list[Any]:
    """Return the values of TELL."""
    return [topic, *watch_of(topic)]


def attempt_topic(attempt_id: int) -> str:
    """Return the topic of an attempt's responses, state and results."""
    return f"attempt:{attempt_id}"


def person_topic(user_id: int) -> str:
    """Return the topic of a person's notifications."""
    return f"person:{user_id}"


def credentials_topic(user_id: int) -> str:
    """Return the topic of the end of a person's credentials."""
    return f"{CREDENTIALS}:{user_id}"


def session_topic(session_key: str) -> str:
    """Return the topic of a session's end, which does not tell its key."""
    return f"{SESSION}:{md5(session_key.encode(), usedforsecurity=False).hexdigest()}"


def events_topic(course_id: int | None) -> str:
    """Return the topic of events of a course; of None that of all events."""
    return f"events:{course_id or 0}"


def tell_attempts_changed(attempt_ids: Collection[int]) -> None:
    """Publish that responses, state or results of these attempts have changed: one statement for any number."""
    _tell([attempt_topic(pk) for pk in attempt_ids])


def tell_people_notified(user_ids: Collection[int]) -> None:
    """Publish that these people have got notifications: one statement for any number."""
    _tell([person_topic(pk) for pk in user_ids])


def tell_events_moved(course_ids: Collection[int]) -> None:
    """Publish that there are events of these courses in the feed: one statement for any number."""
    if course_ids:
        _tell([events_topic(None), *map(events_topic, course_ids)])


def _tell(topics: Sequence[str]) -> None:
    if not topics:
        return
    kinds, numbers = zip(*map(watch_of, topics), strict=True)
    execute(
        _TELL,
        channel=CHANNEL,
        topics=list(topics),
        kinds=list(kinds),
        numbers=list(numbers),
        per_message=TOPICS_PER_MESSAGE,
    )
