"""Saving of responses: validated against the layout of the attempt, and never graded here.

Learners save after every click, so a save is two round trips. The one that locks the attempt also reads the types of
its questions and their stored responses, and no key. The one that writes, if anything differs, tells of the change.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypedDict

from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL

from courses import exceptions
from courses.constants import EventType
from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, Lesson, PendingEvent
from courses.rules.layout import find_entry
from courses.rules.responses import check_response_in_places, specified_columns
from courses.rules.values import Given, Response
from courses.services import events
from courses.services.changes import CHANNEL, TELLING, attempt_topic, telling
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.prepared import VARYING, Prepared
from courses.utils.short_transactions import Write
from courses.utils.traces import traceparent

_SAVE = f"""
WITH given (attempt, revision, answered_at) AS (VALUES (%s::bigint, %s::integer, %s::timestamptz)
), revised AS (
    UPDATE courses_assessmentattempt AS attempt SET revision = given.revision, updated_date = now()
    FROM given WHERE attempt.id = given.attempt
    RETURNING attempt.id, attempt.revision, attempt.user_id, attempt.assessment_id
), saved AS (
    INSERT INTO {AttemptAnswer._meta.db_table}
        (attempt_id, question_id, response, selected_answer_id, text_answer, revision, answered_at)
    SELECT attempt, question, response, picked, text, revision, answered_at
    FROM given CROSS JOIN unnest(%s::bigint[], %s::text[]::jsonb[], %s::bigint[], %s::text[])
        AS changed (question, response, picked, text)
    ON CONFLICT (attempt_id, question_id) DO UPDATE SET
        response = excluded.response, selected_answer_id = excluded.selected_answer_id,
        text_answer = excluded.text_answer, revision = excluded.revision, answered_at = excluded.answered_at,
        updated_date = excluded.updated_date
){{recorded}}
{TELLING}
"""  # noqa: S608 - a name of the models only

_RECORDED = f""", recorded AS (
    INSERT INTO {PendingEvent._meta.db_table} (type, traceparent, subject_id, course_id, learner_id, revision)
    SELECT '{EventType.ATTEMPT_SAVED}', %s, revised.id, lesson.course_id, revised.user_id, revised.revision
    FROM revised JOIN {Assessment._meta.db_table} AS assessment ON assessment.id = revised.assessment_id
        JOIN {Lesson._meta.db_table} AS lesson ON lesson.id = assessment.lesson_id
)"""  # noqa: S608 - names of the models only

_OF_SAVE, _OF_TELLING = [VARYING] * 7, [CHANNEL, *[VARYING] * 3]

_SAVES = {
    False: Prepared(_SAVE.format(recorded=""), [*_OF_SAVE, *_OF_TELLING]),
    True: Prepared(_SAVE.format(recorded=_RECORDED), [*_OF_SAVE, VARYING, *_OF_TELLING]),
}


@dataclass(frozen=True)
class GivenResponse:
    """Response of a learner to one question, in places of the attempt's layout; None clears it.

    `field` is the path of the item inside the input, for refusals.
    """

    question_id: int
    response: Given | None
    field: tuple[str, ...] = ()


class WithStored(TypedDict):
    """The clock, and the annotations of `with_stored`."""

    read_at: datetime
    types: dict[str, str] | None
    stored: dict[str, Any] | None


AttemptWithStored: TypeAlias = WithAnnotations[AssessmentAttempt, WithStored]
"""An attempt with the clock and the annotations of `with_stored`."""


def saving_statement() -> Prepared:
    """Return the statement of a save, which records its event too where events are recorded."""
    return _SAVES[events.are_recorded()]


def with_stored(attempts: QuerySet[Any], questions: object) -> QuerySet[Any]:
    """Return the attempts with the types of `questions`, and with what is stored for them."""
    found: QuerySet[Any] = attempts.annotate(types=_types_of(questions), stored=_stored_for(questions))
    return found


def _types_of(questions: object) -> RawSQL:
    """Return an expression for the types of `questions` by id."""
    return RawSQL(
        """(
            SELECT jsonb_object_agg(question.id, question.question_type)
            FROM courses_question AS question WHERE question.id = ANY(%s::bigint[])
        )""",
        [questions],
        output_field=JSONField(),
    )


def _stored_for(questions: object) -> RawSQL:
    """Return an expression, over attempts, for the stored responses to `questions` by id."""
    return RawSQL(
        """(
            SELECT jsonb_object_agg(answered.question_id, answered.response)
            FROM courses_attemptanswer AS answered
            WHERE answered.attempt_id = courses_assessmentattempt.id AND answered.question_id = ANY(%s::bigint[])
        )""",
        [questions],
        output_field=JSONField(),
    )


def store_responses(
    attempt: AttemptWithStored,
    given: Sequence[GivenResponse],
    base_revision: int | None = None,
    *,
    write: Write,
) -> Mapping[int, Response | None]:
    """Write the responses that change something in a locked attempt, as one new revision of it, by one statement;
    return them by question.

    Raises ResponseMismatch, Invalid for a `base_revision`
    that the attempt never had, and StaleRevision when something would change that was changed since then.
    """
    if base_revision is not None and not 0 <= base_revision <= attempt.revision:
        raise exceptions.Invalid(
            f"The attempt has no such revision; it is at {attempt.revision}. Please load it again.",
            field=["baseRevision"],
        )
    if not given:
        return {}
    types, stored = _by_question(attempt.types), _by_question(attempt.stored)
    responses = _checked(attempt, types, given)
    changed = {question: value for question, value in responses.items() if value != stored.get(question)}
    if not changed:
        return {}
    if base_revision is not None and base_revision < attempt.revision:
        raise exceptions.StaleRevision(field=["baseRevision"])
    attempt.revision += 1
    columns = [specified_columns(types[question], response) for question, response in changed.items()]
    write(
        saving_statement(),
        [
            attempt.pk,
            attempt.revision,
            min(filter(None, [attempt.read_at, attempt.deadline_at])),
            list(changed),
            [response and json.dumps(response) for response in changed.values()],
            *map(list, zip(*columns, strict=True)),
            *([traceparent()] if events.are_recorded() else []),
            *telling(attempt_topic(attempt.pk)),
        ],
    )
    return changed


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


def _by_question(found: dict[str, Any] | None) -> dict[int, Any]:
    return {int(question): value for question, value in (found or {}).items()}
