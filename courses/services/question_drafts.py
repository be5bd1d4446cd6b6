"""Drafts of questions: the shape of the input, and its conversion to rows.

A draft may be incomplete, and is then stored; what can never be right is refused.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import TypedDict

from courses.constants import QuestionType, ScoringPolicy, TextMatch
from courses.models import Answer, Question
from courses.rules import values
from courses.rules.questions import kind_of
from courses.rules.words import is_blank
from courses.services.authorship import assign
from courses.services.problems import Problems


class AnswerDraft(TypedDict, total=False):
    """Answer as its author writes it. A missing key has the model's default."""

    text: str
    is_correct: bool
    explanation: str
    match_text: str
    blank_key: str
    text_match: TextMatch
    tolerance: Decimal | None
    credit: Decimal | None


class QuestionDraft(TypedDict, total=False):
    """Question as its author writes it. A missing key keeps its value, or has the model's default."""

    question_type: QuestionType
    text: str
    points: int
    explanation: str
    scoring: ScoringPolicy
    answers: Sequence[AnswerDraft]


def drafted_question(
    question: Question, draft: QuestionDraft, problems: Problems, path: tuple[str, ...]
) -> None:
    """Apply the draft to the row, without its answers, and collect the problems."""
    assign(question, {name: value for name, value in draft.items() if name != "answers"})
    problems.check(question, path=path, apart_from=("assessment",))


def drafted_answers(
    drafts: Sequence[AnswerDraft],
    problems: Problems,
    path: tuple[str, ...],
    *,
    ids: Sequence[int | None] | None = None,
) -> list[Answer]:
    """Return an answer for each draft, in their order, and collect the problems; `ids` are those of stored rows."""
    answers = []
    for place, draft in enumerate(drafts):
        answer = Answer(pk=ids[place] if ids else None, order=place + 1, **draft)
        problems.check(answer, path=(*path, "answers", str(place)), apart_from=("id", "question"))
        answers.append(answer)
    return answers


def settle_together(
    question: Question, answers: Sequence[Answer], problems: Problems, path: tuple[str, ...]
) -> None:
    """Accept the listed texts of a question, and collect the problems that can never be mended."""
    _accept_listed_texts(question, answers)
    rule = as_rule(question, answers)
    kind = kind_of(rule.type)
    for contradiction in chain(
        kind.contradictions(rule, question.question_text), kind.uncounted_credits(rule)
    ):
        problems.add((*path, *contradiction.path), contradiction.message)


def _accept_listed_texts(question: Question, answers: Sequence[Answer]) -> None:
    """Mark listed texts as correct, where the author marks none of them: listing them is what accepts them."""
    is_unmarked = not any(answer.is_correct or answer.credit is not None for answer in answers)
    if kind_of(question.question_type).listing_accepts and is_unmarked:
        for answer in answers:
            answer.is_correct = not is_blank(answer.answer_text)


def as_rule(question: Question, answers: Sequence[Answer]) -> values.Question:
    """Return the question as the plain value of the rules, its answers named by their places, from 0."""
    return values.Question(
        type=kind_of(question.question_type).type,
        scoring=ScoringPolicy(question.scoring),
        points=question.points,
        answers=tuple(replace(answer.to_rule(), id=place) for place, answer in enumerate(answers)),
    )
