"""Attempts of a learner: start, submit, flag, complete.

Every write first locks the attempt's row and then checks its state, so that two tabs, a double click and the
timer can race, and one of them wins. Moments are the database's. Grading happens on completion only: saving
reveals nothing about right or wrong, not even by its duration.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias, TypedDict

from django.conf import settings
from django.db import transaction

from courses import exceptions
from courses.constants import AttemptEnd
from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, User
from courses.rules.layout import find_entry
from courses.selectors.assessments import assessments_visible_to
from courses.selectors.attempt_starts import starts
from courses.services.attempt_endings import (
    close_expired_attempts,
    close_if_over,
    end_attempt,
    is_over,
    locked_attempt,
    record_attempt,
    to_lock,
)
from courses.services.attempt_responses import SAVE, GivenResponse, store_responses, stored_for, types_of
from courses.services.changes import tell_attempts_changed
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.clock import ClockTimestamp
from courses.utils.rows import stand_in
from courses.utils.short_transactions import ShortTransaction, Write
from courses.utils.sql import execute


class _Own(TypedDict):
    is_overdue: bool
    read_at: datetime
    types: dict[str, str] | None
    stored: dict[str, Any] | None


_OwnAttempt: TypeAlias = WithAnnotations[AssessmentAttempt, _Own]


@dataclass(frozen=True)
class StartedAttempt:
    """Attempt to work on. `created` is false when it was open already."""

    attempt: AssessmentAttempt
    created: bool


def start_attempt(
    *, learner: User, assessment_id: int, ip_address: str | None = None, user_agent: str = ""
) -> StartedAttempt:
    """Start an attempt, or resume the one that is open: two clicks make one attempt.

    Raises NotFound, NotEnrolled, AttemptLimitReached, or AssessmentNotReady, which names the question.
    """
    with transaction.atomic():
        visible = assessments_visible_to(learner).filter(pk=assessment_id)
        course_id = visible.values_list("lesson__course", flat=True).first()
        if course_id is None:
            raise exceptions.NotFound(field=["assessmentId"])
        _wait_for_other_starts(learner, course_id, assessment_id)
        resumed = locked_attempt(learner.attempts.filter(assessment=assessment_id, is_completed=False))
        if resumed and close_if_over(resumed):
            resumed = None
        found = starts(learner, [assessment_id])
        if not found:  # deleted meanwhile
            raise exceptions.NotFound(field=["assessmentId"])
        [(assessment, refusal)] = found
        if refusal is None and resumed:
            return StartedAttempt(resumed, created=False)
        if refusal is None:
            attempt = AssessmentAttempt(
                user=learner, assessment=assessment, ip_address=ip_address, user_agent=user_agent
            )
            attempt.save()
            record_attempt(attempt, "started")
            return StartedAttempt(attempt, created=True)
    raise refusal


def submit_answers(
    *, learner: User, attempt_id: int, responses: Sequence[GivenResponse], base_revision: int | None = None
) -> AssessmentAttempt:
    """Save responses. Idempotent: saving the same again is a success.

    Raises NotFound, AttemptClosed, TimeExpired, ResponseMismatch, Invalid for a `base_revision` that is yet to come,
    or StaleRevision when it is older than the stored one and something would change. Nothing of the call is
    written then.
    """
    return _change(
        learner,
        attempt_id,
        lambda attempt, write: store_responses(attempt, responses, base_revision, write=write),
        responses,
    )


def flag_question(*, learner: User, attempt_id: int, question_id: int, is_flagged: bool) -> AssessmentAttempt:
    """Flag a question to come back to, or clear the flag. Makes no new revision of the responses.

    Raises NotFound, AttemptClosed or TimeExpired.
    """
    return _change(
        learner, attempt_id, lambda attempt, _: _flag(attempt, question_id, is_flagged), is_brief=False
    )


def complete_attempt(
    *, learner: User, attempt_id: int, responses: Sequence[GivenResponse] = ()
) -> AssessmentAttempt:
    """Hand the attempt in, with its remaining responses. Idempotent.

    Raises NotFound, ResponseMismatch, and TimeExpired when responses come after the time was over: the attempt
    is then closed with what was saved in time.
    """
    with _own_attempt(learner, attempt_id, responses, is_brief=False) as (attempt, write):
        close_if_over(attempt)
        if not attempt.is_completed:
            store_responses(attempt, responses, write=write)
            _hand_in(attempt, learner)
    if responses and attempt.ended_by == AttemptEnd.TIMER:
        raise exceptions.TimeExpired(field=["attemptId"])
    return attempt


def _wait_for_other_starts(learner: User, course_id: int, assessment_id: int) -> None:
    """Serialise a learner's starts in a course, and keep authors from deleting anything that is started meanwhile.

    The assessment comes first: whoever deletes it holds it, and then writes the enrolments of its course.
    """
    execute(
        """
        SELECT FROM courses_assessment WHERE id = %(assessment)s FOR KEY SHARE;
        SELECT FROM courses_enrollment WHERE user_id = %(learner)s AND course_id = %(course)s FOR NO KEY UPDATE
        """,
        learner=learner.pk,
        course=course_id,
        assessment=assessment_id,
    )


_LEARNER, _ATTEMPT, _QUESTIONS = stand_in(1), stand_in(2), stand_in(3)


@cache
def _work_on_attempt(_slack: int) -> ShortTransaction[_OwnAttempt]:
    """Compile the transaction that a learner's work in an attempt is; the slack is part of its SQL."""
    own = AssessmentAttempt.objects.filter(user=_LEARNER, pk=_ATTEMPT)
    return ShortTransaction(
        lock=own.select_for_update(no_key=True).only("pk"),
        read=to_lock(own).annotate(
            read_at=ClockTimestamp(), types=types_of(_QUESTIONS), stored=stored_for(_QUESTIONS)
        ),
        write=SAVE,
    )


@contextmanager
def _own_attempt(
    learner: User, attempt_id: int, responses: Sequence[GivenResponse] = (), *, is_brief: bool = True
) -> Iterator[tuple[_OwnAttempt, Write]]:
    """Lock the attempt within the block; yield it, and what runs SAVE. Raises NotFound."""
    questions = [response.question_id for response in responses]
    keys = {_LEARNER: learner.pk, _ATTEMPT: attempt_id, _QUESTIONS: questions}
    with _work_on_attempt(settings.SUBMISSION_SLACK_SECONDS).begun(keys, is_brief=is_brief) as begun:
        if not begun.rows:
            raise exceptions.NotFound(field=["attemptId"])
        yield begun.rows[0], begun.write


def _change(
    learner: User,
    attempt_id: int,
    change: Callable[[_OwnAttempt, Write], None],
    responses: Sequence[GivenResponse] = (),
    *,
    is_brief: bool = True,
) -> AssessmentAttempt:
    """Apply `change` to an attempt that is open. One whose time is over is closed instead, in a transaction of its own,
    which the refusal does not roll back.
    """
    with _own_attempt(learner, attempt_id, responses, is_brief=is_brief) as (attempt, write):
        if not is_over(attempt):
            change(attempt, write)
            return attempt
    if attempt.is_completed and attempt.ended_by != AttemptEnd.TIMER:
        raise exceptions.AttemptClosed(field=["attemptId"])
    close_expired_attempts(attempt_ids=[attempt_id])
    raise exceptions.TimeExpired(field=["attemptId"])


def _hand_in(attempt: _OwnAttempt, learner: User) -> None:
    assessments = Assessment.objects.select_related("lesson__course")
    attempt.user, attempt.assessment = learner, assessments.get(pk=attempt.assessment_id)
    end_attempt(attempt, AttemptEnd.LEARNER, locked_at=attempt.read_at)


def _flag(attempt: AssessmentAttempt, question_id: int, is_flagged: bool) -> None:
    if find_entry(attempt.layout, question_id) is None:
        raise exceptions.NotFound(field=["questionId"])
    AttemptAnswer.objects.bulk_create(
        [
            AttemptAnswer(
                attempt=attempt,
                question_id=question_id,
                is_flagged=is_flagged,
                answered_at=attempt.start_time,
            )
        ],
        update_conflicts=True,
        unique_fields=["attempt", "question"],
        update_fields=["is_flagged", "updated_date"],
    )
    tell_attempts_changed([attempt.pk])
