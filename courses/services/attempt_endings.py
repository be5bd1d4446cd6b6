"""Ends of attempts: handed in by a person, or closed by the timer.

Every read or write of an attempt first closes it if it is over, and a sweep closes the rest. Saved responses are
graded either way.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypedDict

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet

from courses.constants import AttemptEnd, EventType
from courses.models import AssessmentAttempt, AttemptAnswer, Question
from courses.models.attempts import RESULT_FIELDS
from courses.models.question_versions import versions_to_grade_by
from courses.policies.attempt_time import overdue
from courses.rules.layout import entries_of
from courses.rules.values import Response
from courses.rules.versions import Version
from courses.selectors.question_keys import answered, contents_of, latest_of, with_keys
from courses.services import events
from courses.services.activity import RECORD, activity_of_attempt
from courses.services.changes import TELL, attempt_topic, telling
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.clock import ClockTimestamp
from courses.utils.nested_rows import instances
from courses.utils.prepared import VARYING, Prepared
from courses.utils.row_writes import Update
from courses.utils.short_transactions import Write, write_now

SWEEP_SIZE = 100
"""Number of overdue attempts that one transaction closes."""

GRADE = Prepared(
    f"""
UPDATE {AttemptAnswer._meta.db_table} AS answer
SET credit = graded.credit, exact_points = graded.exact_points, is_correct = graded.is_correct,
    points_earned = graded.points, graded_version_id = graded.version, updated_date = statement_timestamp()
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::boolean[], %s::integer[], %s::bigint[])
    AS graded (question, credit, exact_points, is_correct, points, version)
WHERE answer.attempt_id = %s::bigint AND answer.question_id = graded.question
    """,  # noqa: S608 - a name of the models only
    [VARYING] * 7,
)

_GRADE = ("credit", "exact_points", "is_correct", "points_earned", "graded_version_id")
"""Columns of GRADE_FIELDS, in the order of GRADE."""

END = Update(AssessmentAttempt, RESULT_FIELDS)

ENDING = (GRADE, END.statement, RECORD.statement, events.RECORD_EVENT, TELL)
"""The statements that `end_attempt` runs."""


class ToEnd(TypedDict):
    """Annotations of `to_end`."""

    is_overdue: bool
    read_at: datetime
    lesson_id: int
    course_id: int
    decimal_comma: bool
    answered: list[dict[str, Any]]
    asked: list[dict[str, Any]]


AttemptToEnd: TypeAlias = WithAnnotations[AssessmentAttempt, ToEnd]
"""An attempt with the annotations of `to_end`."""


def close_expired_attempts(*, attempt_ids: Collection[int] | None = None) -> int:
    """Close attempts whose time is over, grading what was saved; return their number.

    With ids, closes only these and waits for locks: a read settles what it is about to show. Without, sweeps
    all of them and skips locked rows.
    """
    closed = 0
    while batch := _close_batch(attempt_ids):
        closed += batch
        if batch < SWEEP_SIZE:
            break
    return closed


def to_end(attempts: QuerySet[AssessmentAttempt]) -> QuerySet[AttemptToEnd]:
    """Return the attempts with everything by which they are graded, for `end_attempt`.

    They are locked before, by a statement of its own.

    `is_overdue` was evaluated when the string of the statement arrived: a request that came in time and had to wait
    for the lock is not late.
    """
    return attempts.annotate(
        is_overdue=overdue(),
        read_at=ClockTimestamp(),
        lesson_id=F("assessment__lesson_id"),
        course_id=F("assessment__lesson__course_id"),
        decimal_comma=F("assessment__lesson__course__decimal_comma"),
        answered=answered(),
        asked=with_keys(Question.objects.filter(assessment=OuterRef("assessment_id"))),
    )


def end_attempt(
    attempt: AttemptToEnd,
    ended_by: AttemptEnd,
    *,
    given: Mapping[int, Response | None] | None = None,
    write: Write = write_now,
) -> None:
    """Grade and score a locked attempt, with the responses `given` last, which are stored already.

    The timer ends it at its deadline, not when a sweep noticed; and no duration exceeds the limit, though the
    network is given some slack.
    """
    moments = [attempt.deadline_at] if attempt.deadline_at else []
    is_by_timer = ended_by == AttemptEnd.TIMER
    if not is_by_timer:
        moments.append(attempt.read_at)
    attempt.is_completed, attempt.ended_by, attempt.end_time = True, ended_by, min(moments)
    answers, versions = _answers_and_versions(attempt, given or {})
    graded = attempt.settle(answers, versions)
    AttemptAnswer.objects.bulk_create(attempt.left_out(answers, versions))
    if graded:
        write(GRADE, _grades(attempt, graded))
    write(*END.of(attempt))
    activity = activity_of_attempt(
        attempt,
        "completed",
        lesson_id=attempt.lesson_id,
        course_id=attempt.course_id,
        at=attempt.end_time if is_by_timer else attempt.read_at,
        time_spent=attempt.time_taken_seconds,
    )
    write(*RECORD.of(activity))
    events.record(EventType.ATTEMPT_COMPLETED, [events.subject_of(attempt, attempt.course_id)], write=write)
    write(TELL, telling(attempt_topic(attempt.pk)))


def _answers_and_versions(
    attempt: AttemptToEnd, given: Mapping[int, Response | None]
) -> tuple[list[AttemptAnswer], Mapping[int, Version]]:
    answers = {answer.question_id: answer for answer in instances(AttemptAnswer, attempt.answered)}
    for question, response in given.items():
        answers.setdefault(question, AttemptAnswer(question_id=question)).response = (
            None if response is None else dict(response)
        )
    for answer in answers.values():
        answer.attempt = attempt
    entries = entries_of(attempt.layout)
    now = contents_of(attempt.asked, decimal_comma=attempt.decimal_comma)
    contents = {pk: content for pk, content in now.items() if pk in entries or pk in answers}
    versions = versions_to_grade_by(contents, entries, latest=latest_of(attempt.asked))
    return list(answers.values()), versions


def _grades(attempt: AssessmentAttempt, graded: Sequence[AttemptAnswer]) -> list[Any]:
    """Return the values of GRADE."""
    columns = zip(
        *((each.question_id, *(getattr(each, name) for name in _GRADE)) for each in graded),
        strict=True,
    )
    return [*map(list, columns), attempt.pk]


@transaction.atomic
def _close_batch(attempt_ids: Collection[int] | None) -> int:
    expired = AssessmentAttempt.objects.filter(overdue())
    if attempt_ids is None:
        expired = expired.select_for_update(no_key=True, skip_locked=True)
    else:
        expired = expired.filter(pk__in=attempt_ids).select_for_update(no_key=True)
    locked = list(expired.order_by("pk").values_list("pk", flat=True)[:SWEEP_SIZE])
    if locked:
        for attempt in to_end(AssessmentAttempt.objects.filter(pk__in=locked)):
            end_attempt(attempt, AttemptEnd.TIMER)
    return len(locked)
