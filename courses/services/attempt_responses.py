"""Saving what learners answer: checked against the layout of the attempt, and never graded here.

Learners save after every click, so a save is two statements. The one that locks the attempt also reads what is
asked, which is no key. The one that writes compares with what is stored, which nobody changes any more, and tells
of the change.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from courses import exceptions
from courses.constants import QuestionType, Selection
from courses.rules.grading.types import Given, Response, selection_of
from courses.rules.layout import find_entry, from_places
from courses.rules.responses import check_response
from courses.services.changes import CHANNEL, attempt_topic
from courses.utils.sql import fetch

_SAVE = """
WITH changed AS (
    SELECT given.*
    FROM unnest(%(questions)s::bigint[], %(responses)s::jsonb[], %(picked)s::bigint[], %(texts)s::text[])
        AS given (question, response, picked, text)
    LEFT JOIN courses_attemptanswer AS answered
        ON answered.attempt_id = %(attempt)s AND answered.question_id = given.question
    WHERE answered.response IS DISTINCT FROM given.response
), revised AS (
    UPDATE courses_assessmentattempt SET revision = revision + 1, updated_date = now()
    WHERE id = %(attempt)s AND NOT %(is_stale)s AND EXISTS (SELECT FROM changed)
    RETURNING id, revision, LEAST(statement_timestamp(), deadline_at) AS answered_at
), saved AS (
    INSERT INTO courses_attemptanswer (
        attempt_id, question_id, response, selected_answer_id, text_answer, revision, answered_at,
        points_earned, feedback, is_flagged, created_date, updated_date
    )
    SELECT id, question, response, picked, text, revision, answered_at, 0, '', FALSE, now(), now()
    FROM changed CROSS JOIN revised
    ON CONFLICT (attempt_id, question_id) DO UPDATE SET
        response = excluded.response, selected_answer_id = excluded.selected_answer_id,
        text_answer = excluded.text_answer, revision = excluded.revision, answered_at = excluded.answered_at,
        updated_date = excluded.updated_date
)
SELECT
    EXISTS (SELECT FROM changed) AS has_changes,
    (SELECT revision FROM revised) AS revision,
    (SELECT pg_notify(%(channel)s, %(topic)s) FROM revised) AS told
"""


@dataclass(frozen=True)
class GivenAnswer:
    """What a learner answers to one question, in places of the attempt's layout; None clears the answer.

    `field` is the path of the answer inside the input, for refusals.
    """

    question_id: int
    response: Given | None
    field: tuple[str, ...] = ()


class _Asked(NamedTuple):
    """What a response to a question has to fit."""

    type: QuestionType
    selection: Selection | None


def asked_of(questions: Any) -> RawSQL:
    """What `store_responses` finds in a locked attempt as `asked`: for each of `questions`, what has to be fitted."""
    return RawSQL(
        """(
            SELECT jsonb_object_agg(question.id, jsonb_build_array(question.question_type, (
                SELECT count(*) FROM courses_answer AS answer
                WHERE answer.question_id = question.id AND answer.is_correct
            )))
            FROM courses_question AS question WHERE question.id = ANY(%s::bigint[])
        )""",
        [questions],
        output_field=JSONField(),
    )


def store_responses(attempt: Any, answers: Sequence[GivenAnswer], base_revision: int | None = None) -> None:
    """Write the answers that change something in a locked attempt, as one new revision of it.

    The attempt was read with what is `asked_of` the questions. Raises ResponseMismatch, and StaleRevision when
    something would change that was changed since `base_revision`.
    """
    if not answers:
        return
    responses = _checked(attempt, answers)
    picked, texts = zip(*map(_specified_columns, responses.values()), strict=True)
    [saved] = fetch(
        _SAVE,
        attempt=attempt.pk,
        is_stale=base_revision is not None and base_revision < attempt.revision,
        questions=list(responses),
        responses=[response and json.dumps(response) for response in responses.values()],
        picked=list(picked),
        texts=list(texts),
        channel=CHANNEL,
        topic=attempt_topic(attempt.pk),
    )
    if saved.revision is not None:
        attempt.revision = saved.revision
    elif saved.has_changes:
        raise exceptions.StaleRevision(field=["baseRevision"])


def _checked(attempt: Any, answers: Sequence[GivenAnswer]) -> dict[int, Response | None]:
    """The responses as they are stored, by question. Raises ResponseMismatch for the first that does not fit."""
    found: dict[str, Any] = json.loads(attempt.asked or "{}")
    responses: dict[int, Response | None] = {}
    for answer in answers:
        entry = find_entry(attempt.layout, answer.question_id)
        if entry is None or str(answer.question_id) not in found:
            raise exceptions.ResponseMismatch(
                "This question is not part of the attempt.", field=(*answer.field, "questionId")
            )
        if answer.question_id in responses:
            raise exceptions.ResponseMismatch(
                "Please answer each question once.", field=(*answer.field, "questionId")
            )
        type_, right_answers = found[str(answer.question_id)]
        question = _Asked(QuestionType(type_), selection_of(type_, right_answers=right_answers))
        field = (*answer.field, "response")
        given = None if answer.response is None else from_places(entry, answer.response, field=field)
        responses[answer.question_id] = check_response(question, entry, given, field=field)
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
