"""What the database has of a crew: read once a load is over, for the judge."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

Rows = Callable[..., list[tuple[Any, ...]]]
"""Runs a statement with its parameters, and gives its rows."""


@dataclass(frozen=True)
class StoredAnswer:
    """Response to a question as it is stored, its choice by the text."""

    text: str
    points: int


@dataclass(frozen=True)
class StoredAttempt:
    """Row of an attempt, with its answers by question."""

    pk: int
    learner: int
    assessment: int
    number: int
    revision: int
    is_completed: bool
    score: int
    exact_score: float | None
    max_score: int
    is_passed: bool | None
    answers: Mapping[int, StoredAnswer]


@dataclass(frozen=True)
class FeedEvent:
    """Event of an attempt, as the feed, the outbox or a webhook has it. A position is 0 where there is none."""

    position: int
    type: str
    attempt: int
    revision: int


@dataclass(frozen=True)
class Stored:
    """Everything that a crew has left."""

    attempts: tuple[StoredAttempt, ...]
    notes: Counter[str]
    feed: tuple[FeedEvent, ...]
    outbox: tuple[FeedEvent, ...]

    def attempt(self, pk: int | None) -> StoredAttempt | None:
        return next((attempt for attempt in self.attempts if attempt.pk == pk), None)


_ANSWERS = """
SELECT attempt.id, answer.question_id, answer.points_earned, coalesce(answer.response ->> 'text', (
    SELECT answer_text FROM courses_answer WHERE id = (answer.response -> 'choices' ->> 0)::bigint
))
FROM courses_attemptanswer AS answer JOIN courses_assessmentattempt AS attempt ON attempt.id = answer.attempt_id
WHERE attempt.user_id = ANY(%s) AND answer.response IS NOT NULL
"""
_ATTEMPTS = """
SELECT id, user_id, assessment_id, attempt_number, revision, is_completed, score, exact_score, max_score, is_passed
FROM courses_assessmentattempt WHERE user_id = ANY(%s) ORDER BY id
"""
_NAMES = [field.name for field in fields(StoredAttempt)]
_EVENTS = "type, subject_id, coalesce(revision, 0) FROM {table} WHERE learner_id = ANY(%s) AND type LIKE 'attempt.%%'"


def read_stored(rows: Rows, crew: Collection[int]) -> Stored:
    """Read what learners have, by their primary keys."""
    learners = list(crew)
    answers: dict[int, dict[int, StoredAnswer]] = {}
    for attempt, question, points, text in rows(_ANSWERS, learners):
        answers.setdefault(attempt, {})[question] = StoredAnswer(text, points)
    attempts = [_attempt(row, answers.get(row[0], {})) for row in rows(_ATTEMPTS, learners)]
    notes = rows("SELECT content FROM courses_note WHERE user_id = ANY(%s)", learners)
    feed = rows(f"SELECT id, {_EVENTS.format(table='courses_event')} ORDER BY id", learners)
    outbox = rows(f"SELECT 0, {_EVENTS.format(table='courses_pendingevent')} ORDER BY id", learners)
    return Stored(
        attempts=tuple(attempts),
        notes=Counter(text for (text,) in notes),
        feed=tuple(FeedEvent(*row) for row in feed),
        outbox=tuple(FeedEvent(*row) for row in outbox),
    )


def _attempt(row: Sequence[Any], answers: Mapping[int, StoredAnswer]) -> StoredAttempt:
    facts: dict[str, Any] = dict(zip(_NAMES, [*row, answers], strict=True))
    return StoredAttempt(**facts)
