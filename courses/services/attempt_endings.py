"""Ends of attempts: handed in by a person, or closed by the timer.

Every read or write of an attempt first closes it if it is over, and a sweep closes the rest. Saved responses are
graded either way.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TypeAlias, TypedDict

from django.db import transaction
from django.db.models import QuerySet

from courses.constants import ActivityType, AttemptEnd
from courses.models import AssessmentAttempt
from courses.policies.attempt_time import overdue
from courses.services import activity
from courses.services.changes import tell_attempts_changed
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.clock import database_now

SWEEP_SIZE = 100
"""Number of overdue attempts that one transaction closes."""


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


class _Locked(TypedDict):
    is_overdue: bool


LockedAttempt: TypeAlias = WithAnnotations[AssessmentAttempt, _Locked]
"""An attempt with the annotations of `to_lock`."""


def locked_attempt(attempts: QuerySet[AssessmentAttempt]) -> LockedAttempt | None:
    """Lock and return the one attempt among `attempts`, or None. The row stays locked until the transaction ends.

    Its `is_overdue` was evaluated when the statement began: a request that came in time and had to wait for the
    lock is not late.
    """
    return to_lock(attempts).first()


def to_lock(attempts: QuerySet[AssessmentAttempt]) -> QuerySet[LockedAttempt]:
    """Return the attempts for `locked_attempt`, annotated and with a row lock."""
    return attempts.annotate(is_overdue=overdue()).select_for_update(no_key=True, of=("self",))


def is_over(attempt: LockedAttempt) -> bool:
    """Return whether a locked attempt has ended, or its time is over."""
    return attempt.is_completed or attempt.is_overdue


def close_if_over(attempt: LockedAttempt) -> bool:
    """Close a locked attempt whose time is over, and return whether it was."""
    if attempt.is_completed or not attempt.is_overdue:
        return False
    end_attempt(attempt, AttemptEnd.TIMER)
    return True


def end_attempt(
    attempt: AssessmentAttempt, ended_by: AttemptEnd, *, locked_at: datetime | None = None
) -> None:
    """Grade and score a locked attempt, which a person ends when it was `locked_at`, by default now.

    The timer ends it at its deadline, not when a sweep noticed; and no duration exceeds the limit, though the
    network is given some slack.
    """
    moments = [attempt.deadline_at] if attempt.deadline_at else []
    if ended_by != AttemptEnd.TIMER:
        moments.append(locked_at or database_now())
    attempt.complete(ended_by=ended_by, end_time=min(moments))
    noticed_later = attempt.end_time if ended_by == AttemptEnd.TIMER else None
    record_attempt(attempt, "completed", at=noticed_later, time_spent=attempt.time_taken_seconds)
    tell_attempts_changed([attempt.pk])


def record_attempt(
    attempt: AssessmentAttempt, event: str, *, at: datetime | None = None, **data: object
) -> None:
    """Record that the learner has started or completed the attempt, now or `at` an earlier moment."""
    lesson = attempt.assessment.lesson
    activity.record(
        actor=attempt.user,
        type=ActivityType.TAKE_QUIZ,
        course=lesson.course,
        lesson=lesson,
        assessment=attempt.assessment,
        data={"event": event, "attempt": attempt.attempt_number, **data},
        at=at,
    )


@transaction.atomic
def _close_batch(attempt_ids: Collection[int] | None) -> int:
    expired = AssessmentAttempt.objects.filter(overdue()).select_related("user", "assessment__lesson__course")
    if attempt_ids is None:
        expired = expired.select_for_update(no_key=True, of=("self",), skip_locked=True)
    else:
        expired = expired.filter(pk__in=attempt_ids).select_for_update(no_key=True, of=("self",))
    batch = list(expired.order_by("pk")[:SWEEP_SIZE])
    for attempt in batch:
        end_attempt(attempt, AttemptEnd.TIMER)
    return len(batch)
