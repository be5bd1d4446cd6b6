"""Sample of an attempt, for examples of renderings where the database has none."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from courses.constants import EventType, Selection
from courses.rules import global_ids
from courses.rules.renderings.facts import Answered, Facts, Outcome, Titled
from courses.rules.renderings.responses import Said
from courses.rules.values import ResponseMember

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _answered(number: int, text: str, said: Said, outcome: Outcome | None) -> Answered:
    question = global_ids.encode("Question", number)
    return Answered(question, 1, text, said, _START + timedelta(minutes=number), outcome)


def _outcome(points: str, possible: int, *, is_correct: bool) -> Outcome:
    return Outcome(Decimal(points), possible, is_correct)


SAMPLE = Facts(
    address="https://courses.example",
    event="7",
    type=EventType.ATTEMPT_COMPLETED,
    occurred_at=_START + timedelta(minutes=10, milliseconds=250),
    learner=global_ids.encode("User", 1),
    course=Titled(global_ids.encode("Course", 1), "Europe for travellers"),
    assessment=Titled(global_ids.encode("Assessment", 1), "Capitals"),
    attempt=global_ids.encode("AssessmentAttempt", 1),
    attempt_number=1,
    revision=6,
    started_at=_START,
    ended_at=_START + timedelta(minutes=10),
    outcome=Outcome(Decimal("7.5"), 11, True),
    answered=(
        _answered(
            1,
            "Which of these is the capital of France?",
            Said(
                member=ResponseMember.CHOICES,
                has_key=True,
                selection=Selection.SINGLE,
                choices=("Berlin", "London", "Paris"),
                texts=("Paris",),
            ),
            _outcome("2", 2, is_correct=True),
        ),
        _answered(
            2,
            "Which of these are capitals?",
            Said(
                member=ResponseMember.CHOICES,
                has_key=True,
                selection=Selection.MULTIPLE,
                choices=("Bern", "Rome", "Zürich"),
                texts=("Rome", "Zürich"),
            ),
            _outcome("0", 2, is_correct=False),
        ),
        _answered(
            3,
            "Oslo is the capital of Norway.",
            Said(
                member=ResponseMember.CHOICES,
                has_key=True,
                selection=Selection.SINGLE,
                choices=("False", "True"),
                texts=("True",),
            ),
            _outcome("1", 1, is_correct=True),
        ),
        _answered(
            4,
            "Name the capital of Spain.",
            Said(member=ResponseMember.TEXT, has_key=True, texts=("Madrid",)),
            _outcome("1", 1, is_correct=True),
        ),
        _answered(
            5,
            "Pair countries and capitals.",
            Said(
                member=ResponseMember.MATCHES,
                has_key=True,
                prompts=("Italy", "Portugal"),
                matches=("Athens", "Lisbon", "Rome"),
                pairs=(("Italy", "Rome"), ("Portugal", "Athens")),
            ),
            _outcome("1", 2, is_correct=False),
        ),
        _answered(
            6,
            "[[first]] is on the Danube, and so is [[second]].",
            Said(member=ResponseMember.BLANKS, has_key=True, texts=("Vienna", "")),
            _outcome("0.5", 1, is_correct=False),
        ),
        _answered(
            7,
            "Why are capitals rarely in the middle of a country?",
            Said(member=ResponseMember.TEXT, has_key=False, texts=("Because of rivers and coasts.",)),
            _outcome("2", 2, is_correct=True),
        ),
    ),
)
"""Eleven points, 7.5 of them earned, in one response of each kind."""
