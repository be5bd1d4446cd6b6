"""Inputs for authoring questions, answer key included."""

from decimal import Decimal
from typing import Any, cast

import strawberry

from courses import models
from courses.services.question_drafts import QuestionDraft
from schema.core.enums import QuestionType, ScoringPolicy, TextMatch
from schema.core.inputs import changes, given, like, required_like


@strawberry.input(
    description="A choice, a pair or an accepted text of a question: part of the answer key. Left out, texts "
    "are empty, `isCorrect` is false and `textMatch` IGNORE_CASE."
)
class AnswerInput:
    text: str = required_like(models.Answer, "answer_text")
    is_correct: bool | None = like(models.Answer, "is_correct")
    explanation: str | None = like(models.Answer, "explanation")
    match_text: str | None = like(models.Answer, "match_text")
    blank_key: str | None = like(models.Answer, "blank_key")
    text_match: TextMatch | None = like(models.Answer, "text_match")
    tolerance: Decimal | None = like(models.Answer, "tolerance")
    credit: Decimal | None = like(models.Answer, "credit")


@strawberry.input(
    description=(
        "A question as its author writes it, answer key included. An incomplete question is stored, "
        "but keeps its assessment from being started (`Assessment.problems`); what contradicts its "
        "type is refused. Left out in a new question, `points` is 1, `scoring` RIGHT_MINUS_WRONG, "
        "and the rest is empty."
    )
)
class QuestionInput:
    type: QuestionType = required_like(models.Question, "question_type")
    text: str = required_like(models.Question, "question_text")
    points: int | None = like(models.Question, "points")
    explanation: str | None = like(models.Question, "explanation")
    scoring: ScoringPolicy | None = like(models.Question, "scoring")
    answers: list[AnswerInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Answers that make up the key, in the author's order."
    )


def drafted(question: QuestionInput) -> QuestionDraft:
    """Return a new question's draft for the services; what is left out, or null, has the model's default."""
    return _as_draft(given(question))


def redrafted(question: QuestionInput) -> QuestionDraft:
    """Return an edited question's draft for the services; what is left out stays. Raises Required for null."""
    return _as_draft(changes(question, path=("question",)))


def _as_draft(values: dict[str, Any]) -> QuestionDraft:
    draft = {"question_type": values.pop("type"), **values}
    if "answers" in draft:
        draft["answers"] = [given(answer) for answer in draft["answers"]]
    return cast(QuestionDraft, draft)
