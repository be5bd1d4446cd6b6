"""How authors write questions: the authoring side's inputs, key included."""

from decimal import Decimal
from typing import Any

import strawberry

from courses import models
from courses.services.question_drafts import QuestionDraft
from schema.core.enums import QuestionType, ScoringPolicy, TextMatch
from schema.core.inputs import given, like, required_like


@strawberry.input(description="A choice, a pair or an accepted text of a question. Part of the key.")
class AnswerInput:
    text: str = required_like(models.Answer, "answer_text")
    is_correct: bool | None = like(models.Answer, "is_correct", default=False)
    explanation: str | None = like(models.Answer, "explanation")
    match_text: str | None = like(models.Answer, "match_text")
    blank_key: str | None = like(models.Answer, "blank_key")
    text_match: TextMatch | None = like(models.Answer, "text_match")
    tolerance: Decimal | None = like(models.Answer, "tolerance")
    credit: Decimal | None = like(models.Answer, "credit")


@strawberry.input(
    description=(
        "A question as its author writes it. It may be incomplete: it is stored, but its assessment cannot "
        "be started. What can never be right for its type is refused. In the text of a fill-in question "
        "[[key]] marks the blank `key`."
    )
)
class QuestionInput:
    type: QuestionType = required_like(models.Question, "question_type")
    text: str = required_like(models.Question, "question_text")
    points: int | None = like(models.Question, "points", default=1)
    explanation: str | None = like(models.Question, "explanation")
    scoring: ScoringPolicy | None = like(models.Question, "scoring")
    answers: list[AnswerInput] | None = strawberry.field(
        default=strawberry.UNSET, description="The key, in the author's order."
    )


def drafted(question: QuestionInput) -> QuestionDraft:
    """What the services take; what was left out, or is null, is not in it."""
    draft: Any = {"question_type": question.type, **given(question, apart_from=("type", "answers"))}
    if isinstance(question.answers, list):
        draft["answers"] = [given(answer) for answer in question.answers]
    return QuestionDraft(**draft)
