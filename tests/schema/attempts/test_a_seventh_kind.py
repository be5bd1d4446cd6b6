"""A question type that the product does not have: one class and one line in the registry are all it takes."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection

from courses.models import Assessment, User
from courses.rules.numbers import as_number
from courses.rules.questions import KINDS
from courses.rules.questions.texts import Text
from courses.rules.text import normalise
from courses.rules.values import Contradiction, Question, Solution, Verdict
from schema.core import ids
from tests import factories
from tests.taking import Api

START = """
mutation ($id: ID!) { startAttempt(input: {assessmentId: $id}) { userErrors { message } attempt { id questions {
    question text points selection choices { id } blanks response { text }
} } } }
"""
SUBMIT = """
mutation ($attempt: ID!, $question: ID!, $text: String!) { submitAnswers(input: {
    attemptId: $attempt, answers: [{questionId: $question, response: {text: $text}}]
}) { userErrors { code field } attempt { revision answeredCount questions { response { text } } } } }
"""
COMPLETE = """
mutation ($id: ID!) { completeAttempt(input: {attemptId: $id}) { userErrors { code } attempt {
    score maxScore isPassed gradingState receipt { digest revision }
    questions { result { correctness credit pointsEarned } solution { texts choices explanation } }
} } }
"""
EXPLAIN = """
mutation ($attempt: ID!, $question: ID!) {
    explainGrade(input: {attemptId: $attempt, questionId: $question}) { steps }
}
"""


class Estimate(Text):
    """The nearer a number is to the right one, the more it earns: within a tenth everything, within half of it half."""

    type = "estimate"  # type: ignore[assignment]

    def contradictions(self, question: Question, text: str) -> Iterator[Contradiction]:
        yield from ()

    def problems(self, question: Question) -> Iterator[str]:
        if len(question.answers) != 1:
            yield "Give the one right number."

    def grade(self, question: Question, value: Any) -> Verdict:
        given, [right] = as_number(normalise(value)), question.answers
        if given is None:
            return Verdict(Fraction(0), ("No number.",))
        error = abs(given / Decimal(right.text) - 1)
        credit = (
            Fraction(1)
            if error <= Decimal("0.1")
            else Fraction(1, 2)
            if error <= Decimal("0.5")
            else Fraction(0)
        )
        return Verdict(credit, (f"Off by {error * 100:.0f} %.",))

    def solution(self, question: Question) -> Solution:
        return Solution(texts=(question.answers[0].text,))


@pytest.fixture
def estimating(db: None, monkeypatch: pytest.MonkeyPatch) -> Assessment:
    """An assessment with one question of the seventh kind, which only the test's transaction may store."""
    monkeypatch.setitem(KINDS, "estimate", Estimate())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE courses_question DROP CONSTRAINT question_type_is_known")
    assessment = factories.make_assessment(max_attempts=1, show_correct_answers=True, passing_score=50)
    answers = [{"answer_text": "384400", "is_correct": True}]
    factories.make_question(
        assessment, answers, question_type="estimate", question_text="How far is the moon, in km?", points=10
    )
    return assessment


def test_an_attempt_with_it_goes_from_start_to_receipt(api: Api, estimating: Assessment) -> None:
    learner: User = factories.make_learner(estimating.lesson.course)
    started = api(START, learner, id=ids.encode("Assessment", estimating.pk))["startAttempt"]
    assert started["userErrors"] == []
    attempt = started["attempt"]
    [asked] = attempt["questions"]
    assert asked == {
        "question": asked["question"],
        "text": "How far is the moon, in km?",
        "points": 10,
        "selection": None,
        "choices": None,
        "blanks": None,
        "response": None,
    }
    named = {"attempt": attempt["id"], "question": asked["question"]}
    saved = api(SUBMIT, learner, **named, text="300000")["submitAnswers"]
    assert saved == {
        "userErrors": [],
        "attempt": {"revision": 1, "answeredCount": 1, "questions": [{"response": {"text": "300000"}}]},
    }
    done = api(COMPLETE, learner, id=attempt["id"])["completeAttempt"]
    digest = done["attempt"]["receipt"].pop("digest")
    assert len(digest) == 64
    assert done == {
        "userErrors": [],
        "attempt": {
            "score": 5,
            "maxScore": 10,
            "isPassed": True,
            "gradingState": "FULLY_GRADED",
            "receipt": {"revision": 1},
            "questions": [
                {
                    "result": {"correctness": "PARTIAL", "credit": "0.5", "pointsEarned": 5},
                    "solution": {"texts": ["384400"], "choices": None, "explanation": ""},
                }
            ],
        },
    }
    assert api(EXPLAIN, learner, **named)["explainGrade"]["steps"] == [
        "Off by 22 %.",
        "10 possible x credit 0.5: 5 points.",
    ]


def test_a_response_of_another_shape_is_refused_by_it(api: Api, estimating: Assessment) -> None:
    learner = factories.make_learner(estimating.lesson.course)
    attempt = api(START, learner, id=ids.encode("Assessment", estimating.pk))["startAttempt"]["attempt"]
    refused = api(
        SUBMIT.replace("text: $text", "blanks: [{key: $text, text: $text}]"),
        learner,
        attempt=attempt["id"],
        question=attempt["questions"][0]["question"],
        text="1",
    )["submitAnswers"]
    assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [
        ("RESPONSE_MISMATCH", ["answers", "0", "response", "text"])
    ]
    assert refused["attempt"] is None
    assert estimating.attempts.get().revision == 0
    assert estimating.attempts.get().answers.count() == 0


def test_what_it_lacks_keeps_it_from_being_started(api: Api, estimating: Assessment) -> None:
    estimating.questions.get().answers.all().delete()
    learner = factories.make_learner(estimating.lesson.course)
    refused = api(START, learner, id=ids.encode("Assessment", estimating.pk))["startAttempt"]
    assert [error["message"] for error in refused["userErrors"]] == [
        "This assessment cannot be started yet. Question 1 is not complete yet. "
        "Please tell an instructor of the course."
    ]
    assert estimating.attempts.count() == 0
