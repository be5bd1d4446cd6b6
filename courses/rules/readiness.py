"""Readiness of an assessment: defects of its questions, said so that its author can mend them."""

from collections.abc import Sequence

from courses.rules.questions import kind_of
from courses.rules.values import Question


def assessment_problems(questions: Sequence[Question]) -> list[str]:
    """Return the reasons why an assessment cannot be started, each naming its question by position.

    Positions count from 1 in the author's order. An empty list means that it is ready.
    """
    if not questions:
        return ["Add at least one question."]
    return [
        f"Question {position}: {problem}"
        for position, question in enumerate(questions, start=1)
        for problem in question_problems(question)
    ]


def question_problems(question: Question) -> list[str]:
    """Return the reasons why a question is not ready, one sentence each."""
    return list(kind_of(question.type).problems(question))
