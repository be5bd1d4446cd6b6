"""Saving what learners answer: checked against the layout of the attempt, and never graded here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Now

from courses import exceptions
from courses.models import AssessmentAttempt, AttemptAnswer, Question
from courses.rules.grading.types import Given, Response
from courses.rules.layout import find_entry, from_places
from courses.rules.responses import check_response
from courses.services.changes import tell_attempts_changed
from courses.utils.clock import StatementTimestamp

_WRITTEN = ("response", "revision", "answered_at", "selected_answer", "text_answer", "updated_date")


@dataclass(frozen=True)
class GivenAnswer:
    """What a learner answers to one question, in places of the attempt's layout; None clears the answer.

    `field` is the path of the answer inside the input, for refusals.
    """

    question_id: int
    response: Given | None
    field: tuple[str, ...] = ()


def store_responses(
    attempt: AssessmentAttempt, answers: Sequence[GivenAnswer], base_revision: int | None = None
) -> None:
    """Write the answers that change something in a locked attempt, as one new revision of it.

    Raises ResponseMismatch, and StaleRevision when something would change that was changed since
    `base_revision`.
    """
    questions = _questions(answers)
    responses = _checked(attempt, answers, questions)
    stored = AttemptAnswer.objects.filter(attempt=attempt, question__in=responses)
    before = dict(stored.values_list("question_id", "response"))
    changed = {pk: new for pk, new in responses.items() if before.get(pk) != new}
    if not changed:
        return
    if base_revision is not None and base_revision < attempt.revision:
        raise exceptions.StaleRevision(field=["baseRevision"])
    attempt.revision += 1
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(revision=attempt.revision, updated_date=Now())
    moment = next(iter(questions.values())).read_at
    AttemptAnswer.objects.bulk_create(
        [
            AttemptAnswer(
                attempt=attempt,
                question_id=pk,
                response=response,
                revision=attempt.revision,
                answered_at=min(moment, attempt.deadline_at) if attempt.deadline_at else moment,
                **_specified_columns(response),
            )
            for pk, response in changed.items()
        ],
        update_conflicts=True,
        unique_fields=["attempt", "question"],
        update_fields=_WRITTEN,
    )
    tell_attempts_changed([attempt.pk])


def _questions(answers: Sequence[GivenAnswer]) -> dict[int, Any]:
    """The questions answered, each with its answers and `read_at`, a moment after the attempt was locked."""
    wanted = {answer.question_id for answer in answers}
    questions = Question.objects.filter(pk__in=wanted).annotate(read_at=StatementTimestamp())
    return questions.prefetch_related("answers").in_bulk()


def _checked(
    attempt: AssessmentAttempt, answers: Sequence[GivenAnswer], questions: dict[int, Question]
) -> dict[int, Response | None]:
    """The responses as they are stored, by question. Raises ResponseMismatch for the first that does not fit."""
    responses: dict[int, Response | None] = {}
    for answer in answers:
        entry = find_entry(attempt.layout, answer.question_id)
        question = questions.get(answer.question_id)
        if entry is None or question is None:
            raise exceptions.ResponseMismatch(
                "This question is not part of the attempt.", field=(*answer.field, "questionId")
            )
        if answer.question_id in responses:
            raise exceptions.ResponseMismatch(
                "Please answer each question once.", field=(*answer.field, "questionId")
            )
        field = (*answer.field, "response")
        given = None if answer.response is None else from_places(entry, answer.response, field=field)
        responses[answer.question_id] = check_response(question.to_rule(), entry, given, field=field)
    return responses


def _specified_columns(response: Response | None) -> dict[str, Any]:
    """What a response also says in the columns for one pick and for text."""
    match response:
        case {"choices": [only]}:
            return {"selected_answer_id": only, "text_answer": ""}
        case {"text": text}:
            return {"selected_answer_id": None, "text_answer": text}
        case _:
            return {"selected_answer_id": None, "text_answer": ""}
