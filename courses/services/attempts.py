"""Attempts of a learner: start, submit, flag, complete.

Every write first locks the attempt's row and then checks its state, so that two tabs, a double click and the
timer can race, and one of them wins. Moments are the database's. Grading happens on completion only: saving
reveals nothing about right or wrong, not even by its duration.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias, TypeVar

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet

from courses import exceptions
from courses.constants import AttemptEnd, EventType
from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, Enrollment, User
from courses.models.question_versions import versions_of
from courses.policies.attempt_time import overdue
from courses.rules.layout import find_entry
from courses.selectors.assessments import assessments_to_take
from courses.selectors.attempt_starts import (
    ToStartNow,
    assessments_to_start,
    problem_of_questions,
    refusal_to_start,
    with_all_that_starts,
)
from courses.selectors.question_keys import contents_of, latest_of
from courses.services import events
from courses.services.activity import RECORD, activity_of_attempt
from courses.services.attempt_endings import ENDING, ToEnd, close_expired_attempts, end_attempt, to_end
from courses.services.attempt_responses import (
    GivenResponse,
    WithStored,
    saving_statement,
    store_responses,
    with_stored,
)
from courses.services.changes import tell_attempts_changed
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.clock import ClockTimestamp
from courses.utils.constraints import constraint_of
from courses.utils.prepared import Prepared
from courses.utils.row_writes import Insertion, next_key
from courses.utils.rows import CompiledQuery, row_of, stand_in
from courses.utils.short_transactions import ShortTransaction, Write, runs_anywhere

CLOSED_BY_STAFF = "An instructor has closed this attempt. Everything saved before has been handed in."


class _Own(WithStored):
    is_overdue: bool


class _ToComplete(WithStored, ToEnd):
    pass


class _ToStart(ToStartNow):
    next_id: int


_OwnAttempt: TypeAlias = WithAnnotations[AssessmentAttempt, _Own]
_AttemptToComplete: TypeAlias = WithAnnotations[AssessmentAttempt, _ToComplete]
_AssessmentToStart: TypeAlias = WithAnnotations[Assessment, _ToStart]

A = TypeVar("A", bound=AssessmentAttempt)

START = Insertion(AssessmentAttempt)

_ONE_AT_A_TIME = ("one_open_attempt", "unique_attempt_number")
"""Constraints that refuse the second of two starts of a learner who was enrolled while both waited: nothing was there
yet that they could lock. The second begins again, and finds the attempt of the first.
"""


@dataclass(frozen=True)
class StartedAttempt:
    """Attempt to work on. `created` is false when it was open already."""

    attempt: AssessmentAttempt
    created: bool


@runs_anywhere
async def start_attempt(
    *, learner: User, assessment_id: int, ip_address: str | None = None, user_agent: str = ""
) -> StartedAttempt:
    """Start an attempt, or resume the one that is open: two clicks make one attempt.

    Raises NotFound, NotEnrolled, NotOpenYet, AlreadyClosed, AnswerKeySeen, AttemptLimitReached, or AssessmentNotReady,
    which names the question.
    """
    keys = {_LEARNER: learner.pk, _ASSESSMENT: assessment_id}
    while True:
        try:
            async with _starting(learner.is_staff, settings.SUBMISSION_SLACK_SECONDS).begun(keys) as begun:
                if not begun.rows:
                    raise exceptions.NotFound(field=["assessmentId"])
                [assessment] = begun.rows
                overdue_ids = [attempt["id"] for attempt in assessment.taken if attempt["is_overdue"]]
                if not overdue_ids:
                    return _started(learner, assessment, begun.write, ip_address, user_agent)
        except IntegrityError as error:
            if constraint_of(error) not in _ONE_AT_A_TIME:
                raise
        else:
            close_expired_attempts(attempt_ids=overdue_ids)


@runs_anywhere
async def submit_answers(
    *, learner: User, attempt_id: int, responses: Sequence[GivenResponse], base_revision: int | None = None
) -> AssessmentAttempt:
    """Save responses. Idempotent: saving the same again is a success.

    Raises NotFound, AttemptClosed, TimeExpired, ResponseMismatch, Invalid for a `base_revision` that is yet to come,
    or StaleRevision when it is older than the stored one and something would change. Nothing of the call is
    written then.
    """
    return await _change(
        learner,
        attempt_id,
        lambda attempt, write: store_responses(attempt, responses, base_revision, write=write),
        responses,
    )


@runs_anywhere
async def flag_question(
    *, learner: User, attempt_id: int, question_id: int, is_flagged: bool
) -> AssessmentAttempt:
    """Flag a question to come back to, or clear the flag. Makes no new revision of the responses.

    Raises NotFound, AttemptClosed or TimeExpired.
    """
    return await _change(learner, attempt_id, lambda attempt, _: _flag(attempt, question_id, is_flagged))


@runs_anywhere
async def complete_attempt(
    *, learner: User, attempt_id: int, responses: Sequence[GivenResponse] = ()
) -> AssessmentAttempt:
    """Hand the attempt in, with its remaining responses. Idempotent.

    Raises NotFound, ResponseMismatch, and TimeExpired when responses come after the time was over: the attempt
    is then closed with what was saved in time. Raises AttemptClosed when they come after the staff closed it.
    """
    async with _own_attempt(_completing, learner, attempt_id, responses) as (attempt, write):
        if not attempt.is_completed:
            given = {} if attempt.is_overdue else store_responses(attempt, responses, write=write)
            ended_by = AttemptEnd.TIMER if attempt.is_overdue else AttemptEnd.LEARNER
            end_attempt(attempt, ended_by, given=given, write=write)
    if responses and attempt.ended_by == AttemptEnd.TIMER:
        raise exceptions.TimeExpired(field=["attemptId"])
    if responses and attempt.ended_by == AttemptEnd.STAFF:
        raise exceptions.AttemptClosed(CLOSED_BY_STAFF, field=["attemptId"])
    return attempt


def _started(
    learner: User,
    assessment: _AssessmentToStart,
    write: Write,
    ip_address: str | None,
    user_agent: str,
) -> StartedAttempt:
    """Resume the attempt that is open, or write a new one. Raises the refusal to start."""
    asked, taken = contents_of(assessment.asked, decimal_comma=assessment.decimal_comma), assessment.taken
    rules = [content.question for content in asked.values()]
    refusal = refusal_to_start(assessment, lambda: problem_of_questions(enumerate(rules)))
    if refusal is not None:
        raise refusal
    if assessment.has_open:
        [resumed] = (attempt["id"] for attempt in taken if attempt["is_open"])
        return StartedAttempt(row_of(AssessmentAttempt, {"id": resumed}), created=False)
    attempt = AssessmentAttempt(
        pk=assessment.next_id,
        user=learner,
        assessment=assessment,
        start_time=assessment.read_at,
        attempt_number=taken[-1]["attempt_number"] + 1 if taken else 1,
        ip_address=ip_address,
        user_agent=user_agent,
    )
    versions = versions_of(asked, latest=latest_of(assessment.asked))
    attempt.freeze([versions[pk] for pk in asked], assessment)
    write(*START.of(attempt))
    activity = activity_of_attempt(
        attempt,
        "started",
        lesson_id=assessment.lesson_id,
        course_id=assessment.course_id,
        at=assessment.read_at,
    )
    write(*RECORD.of(activity))
    events.record(EventType.ATTEMPT_STARTED, [events.subject_of(attempt, assessment.course_id)], write=write)
    return StartedAttempt(attempt, created=True)


_LEARNER, _ASSESSMENT, _ATTEMPT, _QUESTIONS = map(stand_in, range(1, 5))


@cache
def _starting(is_staff: bool, _slack: int) -> ShortTransaction[_AssessmentToStart]:
    """Compile the transaction that a start is; the slack is part of its SQL.

    The lock of the enrolment serialises a learner's starts in a course. That of the assessment keeps authors from
    changing its settings, and from deleting anything that is started, meanwhile; it comes first, because whoever
    deletes an assessment holds it, and then writes the enrolments of its course.
    """
    learner = User(pk=_LEARNER, is_staff=is_staff)
    enrollment = Enrollment.objects.filter(user=learner, course__lessons__assessment=_ASSESSMENT)
    assessment = Assessment.objects.filter(pk=_ASSESSMENT)
    visible = Exists(assessments_to_take(learner).filter(pk=OuterRef("pk")))
    found = with_all_that_starts(assessments_to_start(learner).filter(visible, pk=_ASSESSMENT), learner)
    return ShortTransaction(
        locks=[
            CompiledQuery(assessment.only("pk"), "{rows} FOR SHARE"),
            CompiledQuery(enrollment.select_for_update(no_key=True, of=("self",)).only("pk")),
        ],
        read=CompiledQuery(found.annotate(next_id=next_key(AssessmentAttempt))),
        writes=[START.statement, RECORD.statement, events.RECORD_EVENT],
    )


@cache
def _working(_slack: int, saving: Prepared) -> ShortTransaction[_OwnAttempt]:
    """Compile the transaction that a learner's work in an attempt is; it reads no key."""
    own = AssessmentAttempt.objects.filter(user=_LEARNER, pk=_ATTEMPT)
    facts = own.annotate(is_overdue=overdue(), read_at=ClockTimestamp())
    return ShortTransaction(
        locks=[_locked(own)], read=CompiledQuery(with_stored(facts, _QUESTIONS)), writes=[saving]
    )


@cache
def _completing(_slack: int, saving: Prepared) -> ShortTransaction[_AttemptToComplete]:
    """Compile the transaction that handing an attempt in is."""
    own = AssessmentAttempt.objects.filter(user=_LEARNER, pk=_ATTEMPT)
    return ShortTransaction(
        locks=[_locked(own)],
        read=CompiledQuery(with_stored(to_end(own), _QUESTIONS)),
        writes=[saving, *ENDING],
    )


def _locked(attempts: QuerySet[AssessmentAttempt]) -> CompiledQuery[AssessmentAttempt]:
    return CompiledQuery(attempts.select_for_update(no_key=True).only("pk"))


@asynccontextmanager
async def _own_attempt(
    work: Callable[[int, Prepared], ShortTransaction[A]],
    learner: User,
    attempt_id: int,
    responses: Sequence[GivenResponse] = (),
) -> AsyncIterator[tuple[A, Write]]:
    """Lock the attempt within the block; yield it, and what has statements write. Raises NotFound."""
    questions = [response.question_id for response in responses]
    keys = {_LEARNER: learner.pk, _ATTEMPT: attempt_id, _QUESTIONS: questions}
    async with work(settings.SUBMISSION_SLACK_SECONDS, saving_statement()).begun(keys) as begun:
        if not begun.rows:
            raise exceptions.NotFound(field=["attemptId"])
        yield begun.rows[0], begun.write


async def _change(
    learner: User,
    attempt_id: int,
    change: Callable[[_OwnAttempt, Write], object],
    responses: Sequence[GivenResponse] = (),
) -> AssessmentAttempt:
    """Apply `change` to an attempt that is open. One whose time is over is closed instead, in a transaction of its own,
    which the refusal does not roll back.
    """
    async with _own_attempt(_working, learner, attempt_id, responses) as (attempt, write):
        if not (attempt.is_completed or attempt.is_overdue):
            change(attempt, write)
            return attempt
    if attempt.is_completed and attempt.ended_by != AttemptEnd.TIMER:
        by_staff = attempt.ended_by == AttemptEnd.STAFF
        raise exceptions.AttemptClosed(CLOSED_BY_STAFF if by_staff else None, field=["attemptId"])
    close_expired_attempts(attempt_ids=[attempt_id])
    raise exceptions.TimeExpired(field=["attemptId"])


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
