"""Interventions of the staff in attempts that run: more time, or the end. Each is recorded, and told to its learner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from courses import exceptions
from courses.constants import (
    MAX_REASON_LENGTH,
    MAX_TIME_LIMIT_MINUTES,
    AttemptEnd,
    EventType,
    Intervention,
    NotificationType,
)
from courses.models import AssessmentAttempt, AttemptIntervention, User
from courses.policies.attempt_time import is_over
from courses.rules.words import trimmed
from courses.selectors.attempts import attempts_visible_to
from courses.services import events, notifications
from courses.services.attempt_endings import close_expired_attempts, end_attempt, to_end
from courses.services.authorship import found_for_staff
from courses.services.changes import tell_attempts_changed


@dataclass(frozen=True)
class Extension:
    """Later deadline of an attempt that is locked, and the reason."""

    attempt: AssessmentAttempt
    deadline_at: datetime
    reason: str


def extend_attempt(*, author: User, attempt_id: int, minutes: int, reason: str = "") -> AssessmentAttempt:
    """Move the deadline of an open attempt by so many minutes, beyond the close of the assessment if need be.

    Raises NotFound, PermissionDenied for its learner, AttemptClosed for one that has ended or whose time is over, and
    Invalid for one without a deadline, for minutes out of range, or for a reason that is too long.
    """

    def move(attempt: AssessmentAttempt) -> AssessmentAttempt:
        if attempt.deadline_at is None:
            raise exceptions.Invalid(
                "The time of this attempt is not limited, so there is nothing to extend.", field=["attemptId"]
            )
        if not 1 <= minutes <= MAX_TIME_LIMIT_MINUTES:
            raise exceptions.Invalid(f"Please give 1 to {MAX_TIME_LIMIT_MINUTES} minutes.", field=["minutes"])
        extend([Extension(attempt, attempt.deadline_at + timedelta(minutes=minutes), reason)], author)
        _notify(attempt, "You have more time", f"has {minutes} more minutes.")
        return attempt

    reason = _checked(reason)
    return _intervene(author, attempt_id, move)


def close_attempt(*, author: User, attempt_id: int, reason: str = "") -> AssessmentAttempt:
    """End an open attempt, and grade it as it stands.

    Raises NotFound, PermissionDenied for its learner, AttemptClosed for one that has ended or whose time is over, and
    Invalid for a reason that is too long.
    """

    def close(attempt: AssessmentAttempt) -> AssessmentAttempt:
        ending = to_end(AssessmentAttempt.objects.filter(pk=attempt.pk)).get()
        end_attempt(ending, AttemptEnd.STAFF)
        AttemptIntervention.objects.create(
            attempt=attempt,
            kind=Intervention.CLOSED,
            made_by=author,
            reason=reason,
            old_deadline_at=attempt.deadline_at,
            new_deadline_at=attempt.deadline_at,
        )
        _notify(attempt, "Your attempt was closed", "was closed by an instructor, and handed in as it stood.")
        return ending

    reason = _checked(reason)
    return _intervene(author, attempt_id, close)


def extend(extensions: Sequence[Extension], author: User) -> None:
    """Write later deadlines of locked attempts, record and tell them: in a few statements for any number. The attempts
    come with their assessments and lessons.
    """
    AttemptIntervention.objects.bulk_create(
        AttemptIntervention(
            attempt=each.attempt,
            kind=Intervention.EXTENDED,
            made_by=author,
            reason=each.reason,
            old_deadline_at=each.attempt.deadline_at,
            new_deadline_at=each.deadline_at,
        )
        for each in extensions
    )
    for each in extensions:
        each.attempt.deadline_at = each.deadline_at
    AssessmentAttempt.objects.bulk_update([each.attempt for each in extensions], ["deadline_at"])
    subjects = [
        events.subject_of(each.attempt, each.attempt.assessment.lesson.course_id) for each in extensions
    ]
    events.record(EventType.ATTEMPT_EXTENDED, subjects)
    tell_attempts_changed([each.attempt.pk for each in extensions])


def _intervene(
    author: User, attempt_id: int, change: Callable[[AssessmentAttempt], AssessmentAttempt]
) -> AssessmentAttempt:
    """Apply `change` to an attempt that is open. One whose time is over is closed instead, in a transaction of its own,
    which the refusal does not roll back.
    """
    found_for_staff(attempts_visible_to(author).only("pk"), attempt_id, field="attemptId")
    with transaction.atomic():
        rows = AssessmentAttempt.objects.filter(pk=attempt_id).annotate(is_over=is_over())
        found = rows.select_related("user", "assessment__lesson__course")
        attempt = found.select_for_update(no_key=True, of=("self",)).first()
        if attempt and not attempt.is_over:
            return change(attempt)
    close_expired_attempts(attempt_ids=[attempt_id])
    raise exceptions.AttemptClosed("This attempt has ended. There is no time left to change.", ["attemptId"])


def _checked(reason: str) -> str:
    reason = trimmed(reason)
    if len(reason) > MAX_REASON_LENGTH:
        raise exceptions.Invalid(f"Please write at most {MAX_REASON_LENGTH} characters.", field=["reason"])
    return reason


def _notify(attempt: AssessmentAttempt, title: str, message: str) -> None:
    course = attempt.assessment.lesson.course
    notifications.notify(
        recipients=[attempt.user],
        type=NotificationType.COURSE_UPDATE,
        title=title,
        message=f"Attempt {attempt.attempt_number} of “{attempt.assessment.title}” {message}",
        course=course,
        action_url=f"/courses/{course.pk}",
    )
