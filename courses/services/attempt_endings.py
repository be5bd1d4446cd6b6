"""Ends of attempts: handed in by a person, or closed by the timer.

Every read or write of an attempt first closes it if it is over, and a sweep closes the rest. Saved responses are
graded either way.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias, TypedDict

from django.db import transaction
from django.db.models import F, QuerySet

from courses.constants import AttemptEnd
from courses.models import AssessmentAttempt, AttemptAnswer
from courses.models.attempts import GRADE_FIELDS, RESULT_FIELDS
from courses.policies.attempt_time import overdue
from courses.rules.values import Response
from courses.selectors.question_keys import answered_with_keys, questions_among, rules_of, with_keys
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
    points_earned = graded.points, updated_date = statement_timestamp()
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::boolean[], %s::integer[])
    AS graded (question, credit, exact_points, is_correct, points)
WHERE answer.attempt_id = %s::bigint AND answer.question_id = graded.question
    """,  # noqa: S608 - a name of the models only
    [VARYING] * 6,
)

END = Update(AssessmentAttempt, RESULT_FIELDS)

ENDING = (GRADE, END.statement, RECORD.statement, TELL)
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


def to_end(attempts: QuerySet[AssessmentAttempt], asked: Any = None) -> QuerySet[AttemptToEnd]:
    """Return the attempts with everything by which they are graded, for `end_attempt`.

    They are locked before, by a statement of its own. `asked` are questions, beside those with a stored response, to
    which a response comes along.

    `is_overdue` was evaluated when the string of the statement arrived: a request that came in time and had to wait
    for the lock is not late.
    """
    return attempts.annotate(
        is_overdue=overdue(),
        read_at=ClockTimestamp(),
        lesson_id=F("assessment__lesson_id"),
        course_id=F("assessment__lesson__course_id"),
        decimal_comma=F("assessment__lesson__course__decimal_comma"),
        answered=answered_with_keys(),
        asked=with_keys(questions_among(asked)),
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
    graded = attempt.settle(*_answers_and_questions(attempt, given or {}))
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
    write(TELL, telling(attempt_topic(attempt.pk)))


def _answers_and_questions(
    attempt: AttemptToEnd, given: Mapping[int, Response | None]
) -> tuple[list[AttemptAnswer], dict[int, Any]]:
    answers = {answer.question_id: answer for answer in instances(AttemptAnswer, attempt.answered)}
    questions = rules_of(nested for answer in answers.values() for nested in vars(answer)["asked"])
    if given:
        questions |= {pk: rule for pk, rule in rules_of(attempt.asked).items() if pk in given}
    for question, response in given.items():
        answers.setdefault(question, AttemptAnswer(question_id=question)).response = (
            None if response is None else dict(response)
        )
    for answer in answers.values():
        answer.attempt = attempt
    comma = attempt.decimal_comma
    return list(answers.values()), {pk: replace(rule, decimal_comma=comma) for pk, rule in questions.items()}


def _grades(attempt: AssessmentAttempt, graded: Sequence[AttemptAnswer]) -> list[Any]:
    """Return the values of GRADE."""
    columns = zip(
        *((each.question_id, *(getattr(each, name) for name in GRADE_FIELDS)) for each in graded),
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
