"""Saving what learners answer: checked against the layout of the attempt, and never graded here."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from courses import exceptions
from courses.models import Answer, AssessmentAttempt, Question
from courses.rules.grading.types import Given, Response
from courses.rules.layout import find_entry, from_places
from courses.rules.responses import check_response
from courses.services.changes import tell_attempts_changed
from courses.utils.rows import RowReader
from courses.utils.sql import execute

_QUESTIONS = """
SELECT question.*, statement_timestamp() AS read_at, answered.response AS stored
FROM courses_question AS question
LEFT JOIN courses_attemptanswer AS answered ON answered.attempt_id = %s AND answered.question_id = question.id
WHERE question.id = ANY(%s)
"""
_ANSWERS = "SELECT * FROM courses_answer WHERE question_id = ANY(%s)"
_SAVE = """
WITH revised AS (
    UPDATE courses_assessmentattempt SET revision = %(revision)s, updated_date = now() WHERE id = %(attempt)s
)
INSERT INTO courses_attemptanswer (
    attempt_id, question_id, response, selected_answer_id, text_answer, revision, answered_at,
    points_earned, feedback, is_flagged, created_date, updated_date
)
SELECT %(attempt)s, question, response, picked, text, %(revision)s, %(answered_at)s, 0, '', FALSE, now(), now()
FROM unnest(%(questions)s::bigint[], %(responses)s::jsonb[], %(picked)s::bigint[], %(texts)s::text[])
    AS given (question, response, picked, text)
ON CONFLICT (attempt_id, question_id) DO UPDATE SET
    response = excluded.response, selected_answer_id = excluded.selected_answer_id,
    text_answer = excluded.text_answer, revision = excluded.revision, answered_at = excluded.answered_at,
    updated_date = excluded.updated_date
"""
"""Learners save after every click: three statements, written out, under the lock."""

_question_reader = RowReader(Question)
_answer_reader = RowReader(Answer)


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
    questions = _questions(attempt, answers)
    responses = _checked(attempt, answers, questions)
    changed = {pk: new for pk, new in responses.items() if _stored(questions[pk]) != new}
    if not changed:
        return
    if base_revision is not None and base_revision < attempt.revision:
        raise exceptions.StaleRevision(field=["baseRevision"])
    attempt.revision += 1
    moment = next(iter(questions.values())).read_at
    picked, texts = zip(*map(_specified_columns, changed.values()), strict=True)
    execute(
        _SAVE,
        attempt=attempt.pk,
        revision=attempt.revision,
        answered_at=min(moment, attempt.deadline_at) if attempt.deadline_at else moment,
        questions=list(changed),
        responses=[response and json.dumps(response) for response in changed.values()],
        picked=list(picked),
        texts=list(texts),
    )
    tell_attempts_changed([attempt.pk])


def _questions(attempt: AssessmentAttempt, answers: Sequence[GivenAnswer]) -> dict[int, Any]:
    """The questions answered, with what is stored for them and `read_at`, a moment after the attempt was locked."""
    wanted = list({answer.question_id for answer in answers})
    return {row.pk: row for row in _question_reader.rows(_QUESTIONS, [attempt.pk, wanted])}


def _stored(question: Any) -> Response | None:
    return None if question.stored is None else json.loads(question.stored)


def _checked(
    attempt: AssessmentAttempt, answers: Sequence[GivenAnswer], questions: dict[int, Question]
) -> dict[int, Response | None]:
    """The responses as they are stored, by question. Raises ResponseMismatch for the first that does not fit."""
    responses: dict[int, Response | None] = {}
    key: dict[int, list[Answer]] = {pk: [] for pk in questions}
    for row in _answer_reader.rows(_ANSWERS, [list(questions)]):
        key[row.question_id].append(row)
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
        responses[answer.question_id] = check_response(
            question.to_rule(key[question.pk]), entry, given, field=field
        )
    return responses


def _specified_columns(response: Response | None) -> tuple[int | None, str]:
    """What a response also says in the columns for one pick and for text."""
    match response:
        case {"choices": [only]}:
            return only, ""
        case {"text": text}:
            return None, text
        case _:
            return None, ""
