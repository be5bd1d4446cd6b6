"""Publishing of changes to every process, for the people who watch there.

PostgreSQL's NOTIFY carries them within the writing transaction: they are sent when it commits, and never when it
is rolled back. A message is topics without content; a listener reads what it may see of them.
"""

from collections.abc import Collection, Sequence

from courses.utils.sql import execute

CHANNEL = "courses_changes"

TOPICS_PER_MESSAGE = 250
"""PostgreSQL takes 8000 bytes in one message; the longest topic has 27, and a space follows it."""


def attempt_topic(attempt_id: int) -> str:
    """Return the topic of an attempt's responses, state and results."""
    return f"attempt:{attempt_id}"


def person_topic(user_id: int) -> str:
    """Return the topic of a person's notifications."""
    return f"person:{user_id}"


def tell_attempts_changed(attempt_ids: Collection[int]) -> None:
    """Publish that responses, state or results of these attempts have changed: one statement for any number."""
    _tell([attempt_topic(pk) for pk in attempt_ids])


def tell_people_notified(user_ids: Collection[int]) -> None:
    """Publish that these people have got notifications: one statement for any number."""
    _tell([person_topic(pk) for pk in user_ids])


def _tell(topics: Sequence[str]) -> None:
    if not topics:
        return
    messages = [
        " ".join(topics[start : start + TOPICS_PER_MESSAGE])
        for start in range(0, len(topics), TOPICS_PER_MESSAGE)
    ]
    execute(
        "SELECT pg_notify(%(channel)s, message) FROM unnest(%(messages)s::text[]) AS message",
        channel=CHANNEL,
        messages=messages,
    )
