"""Whether an assessment can be taken: what each question lacks, said so that its author can mend it."""

from collections.abc import Sequence

from courses.rules.questions import kind_of
from courses.rules.values import Question


def assessment_problems(questions: Sequence[Question]) -> list[str]:
    """Return what keeps an assessment from being started, each sentence naming its question by position.

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
    """Return what a question lacks, one sentence each."""
    return list(kind_of(question.type).problems(question))
