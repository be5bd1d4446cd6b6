"""Saving of responses: validated against the layout of the attempt, and never graded here.

Learners save after every click, so a save is two statements. The one that locks the attempt also reads the types of
its questions, and no key. The one that writes compares with the stored responses, which the lock protects, and
notifies of the change.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypedDict

from django.db.models import JSONField
from django.db.models.expressions import RawSQL

from courses import exceptions
from courses.models import AssessmentAttempt, AttemptAnswer
from courses.rules.layout import find_entry
from courses.rules.responses import check_response_in_places, specified_columns
from courses.rules.values import Given, Response
from courses.services.changes import CHANNEL, MAY_BE_WATCHED, attempt_topic, watch_of
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.sql import fetch

_SAVE = f"""
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
    INSERT INTO {AttemptAnswer._meta.db_table}
        (attempt_id, question_id, response, selected_answer_id, text_answer, revision, answered_at)
    SELECT id, question, response, picked, text, revision, answered_at
    FROM changed CROSS JOIN revised
    ON CONFLICT (attempt_id, question_id) DO UPDATE SET
        response = excluded.response, selected_answer_id = excluded.selected_answer_id,
        text_answer = excluded.text_answer, revision = excluded.revision, answered_at = excluded.answered_at,
        updated_date = excluded.updated_date
)
SELECT
    EXISTS (SELECT FROM changed) AS has_changes,
    (SELECT revision FROM revised) AS revision,
    (SELECT pg_notify(%(channel)s, %(topic)s) FROM revised WHERE {MAY_BE_WATCHED}) AS told
"""  # noqa: S608 - a name of the models only


@dataclass(frozen=True)
class GivenResponse:
    """Response of a learner to one question, in places of the attempt's layout; None clears it.

    `field` is the path of the item inside the input, for refusals.
    """

    question_id: int
    response: Given | None
    field: tuple[str, ...] = ()


class _WithTypes(TypedDict):
    types: dict[str, str] | None


AttemptWithTypes: TypeAlias = WithAnnotations[AssessmentAttempt, _WithTypes]
"""An attempt with the `types_of` the questions responded to, as JSON."""


def types_of(questions: object) -> RawSQL:
    """Return an expression for the types of `questions` by id, which `store_responses` reads as `types`."""
    return RawSQL(
        """(
            SELECT jsonb_object_agg(question.id, question.question_type)
            FROM courses_question AS question WHERE question.id = ANY(%s::bigint[])
        )""",
        [questions],
        output_field=JSONField(),
    )


def store_responses(
    attempt: AttemptWithTypes, given: Sequence[GivenResponse], base_revision: int | None = None
) -> None:
    """Write the responses that change something in a locked attempt, as one new revision of it.

    The attempt was read with the `types_of` the questions. Raises ResponseMismatch, Invalid for a `base_revision`
    that the attempt never had, and StaleRevision when something would change that was changed since then.
    """
    if base_revision is not None and not 0 <= base_revision <= attempt.revision:
        raise exceptions.Invalid(
            f"The attempt has no such revision; it is at {attempt.revision}. Please load it again.",
            field=["baseRevision"],
        )
    if not given:
        return
    types = _types(attempt)
    responses = _checked(attempt, types, given)
    columns = (specified_columns(types[question], response) for question, response in responses.items())
    picked, texts = zip(*columns, strict=True)
    topic = attempt_topic(attempt.pk)
    [saved] = fetch(
        _SAVE,
        attempt=attempt.pk,
        is_stale=base_revision is not None and base_revision < attempt.revision,
        questions=list(responses),
        responses=[response and json.dumps(response) for response in responses.values()],
        picked=list(picked),
        texts=list(texts),
        channel=CHANNEL,
        topic=topic,
        **watch_of(topic)._asdict(),
    )
    if saved.revision is not None:
        attempt.revision = saved.revision
    elif saved.has_changes:
        raise exceptions.StaleRevision(field=["baseRevision"])


def _checked(
    attempt: AssessmentAttempt, types: Mapping[int, str], given: Sequence[GivenResponse]
) -> dict[int, Response | None]:
    """Return the responses as they are stored, by question. Raises ResponseMismatch for the first that does not fit."""
    responses: dict[int, Response | None] = {}
    for item in given:
        entry = find_entry(attempt.layout, item.question_id)
        if entry is None or item.question_id not in types:
            raise exceptions.ResponseMismatch(
                "This question is not part of the attempt.", field=(*item.field, "questionId")
            )
        if item.question_id in responses:
            raise exceptions.ResponseMismatch(
                "Please answer each question once.", field=(*item.field, "questionId")
            )
        responses[item.question_id] = check_response_in_places(
            types[item.question_id], entry, item.response, field=(*item.field, "response")
        )
    return responses


def _types(attempt: AttemptWithTypes) -> dict[int, str]:
    return {int(question): type_ for question, type_ in (attempt.types or {}).items()}
