"""Storing of changed grades: the responses, the results of their attempts, and the audit of the changes.

Manual grading and a regrade both end here, under the locks of the attempts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from courses.constants import FULL_CREDIT, EventType, GradeChangeReason
from courses.models import AssessmentAttempt, AttemptAnswer, GradeChange, User
from courses.rules.results import NewGrade, NewResult
from courses.services import events
from courses.services.changes import tell_attempts_changed
from courses.utils.sql import execute

_BATCH_SIZE = 1000

_WRITE_GRADES = f"""
UPDATE {AttemptAnswer._meta.db_table} AS answer
SET credit = new.credit, is_correct = new.credit = {FULL_CREDIT}, exact_points = new.exact_points,
    points_earned = new.points, graded_version_id = new.version, updated_date = statement_timestamp()
FROM unnest(
    %(ids)s::bigint[], %(credits)s::numeric[], %(exact_points)s::numeric[], %(points)s::integer[],
    %(versions)s::bigint[]
) AS new(id, credit, exact_points, points, version)
WHERE answer.id = new.id
"""  # noqa: S608 - names of the models only

_WRITE_RESULTS = f"""
UPDATE {AssessmentAttempt._meta.db_table} AS attempt
SET score = new.score, exact_score = new.exact_score, max_score = new.max_score, is_passed = new.is_passed,
    updated_date = statement_timestamp()
FROM unnest(
        %(ids)s::bigint[], %(scores)s::integer[], %(exact_scores)s::numeric[], %(max_scores)s::integer[],
        %(passed)s::boolean[]
    ) AS new(id, score, exact_score, max_score, is_passed)
WHERE attempt.id = new.id
"""  # noqa: S608 - names of the models only


@dataclass(frozen=True)
class Correction:
    """Attempt as it is stored, and its new result. `parts_changed` where a question of it could not be graded again."""

    attempt: AssessmentAttempt
    result: NewResult
    parts_changed: bool = False

    @property
    def changes_result(self) -> bool:
        """Difference in score, maximum or pass mark from those stored."""
        attempt, result = self.attempt, self.result
        stored = (attempt.counted_score, attempt.score, attempt.max_score, attempt.is_passed)
        return stored != (result.exact_score, result.score, result.max_score, result.is_passed)

    @property
    def is_needed(self) -> bool:
        """Difference in result or grades from those stored."""
        return self.changes_result or bool(self.result.changes)


def store(
    corrections: Sequence[Correction],
    *,
    course_id: int,
    changed_by: User,
    note: str = "",
    graded_answer_id: int | None = None,
) -> None:
    """Write corrections of one course, in a few statements for any number; record and publish each changed grade.

    `graded_answer_id` is the AttemptAnswer that a person graded; all other changes are a regrade. The attempts
    on the instances stay as they were read.
    """
    changes = list(_with_rows(corrections))
    execute(
        _WRITE_GRADES,
        ids=[pk for pk, _ in changes],
        credits=[change.kept_credit for _, change in changes],
        exact_points=[change.exact_points for _, change in changes],
        points=[change.points for _, change in changes],
        versions=[change.version for _, change in changes],
    )
    execute(
        _WRITE_RESULTS,
        ids=[correction.attempt.pk for correction in corrections],
        scores=[correction.result.score for correction in corrections],
        exact_scores=[correction.result.exact_score for correction in corrections],
        max_scores=[correction.result.max_score for correction in corrections],
        passed=[correction.result.is_passed for correction in corrections],
    )
    GradeChange.objects.bulk_create(
        [
            GradeChange(
                attempt_answer_id=pk,
                changed_by=changed_by,
                reason=GradeChangeReason.MANUAL if pk == graded_answer_id else GradeChangeReason.REGRADE,
                note=note,
                old_credit=change.before.kept_credit,
                new_credit=change.kept_credit,
                old_points=change.before.exact_points,
                new_points=change.exact_points,
            )
            for pk, change in changes
            if change.is_change
        ],
        batch_size=_BATCH_SIZE,
    )
    graded, regraded = EventType.ATTEMPT_GRADED, EventType.ATTEMPT_REGRADED
    is_manual = graded_answer_id is not None
    changed = [each.attempt for each in corrections if is_manual or each.is_needed]
    subjects = [events.subject_of(attempt, course_id) for attempt in changed]
    events.record(graded if is_manual else regraded, subjects)
    tell_attempts_changed([correction.attempt.pk for correction in corrections])


def _with_rows(corrections: Iterable[Correction]) -> Iterable[tuple[int, NewGrade]]:
    """Yield every new grade with the key of its row; a question that had none gets a blank one."""
    changes = [
        (each.attempt, change)
        for each in corrections
        for change in (*each.result.changes, *each.result.regraded)
    ]
    missing = [(attempt, change) for attempt, change in changes if change.before.answer_id is None]
    added = AttemptAnswer.objects.bulk_create(
        [_blank(attempt, change) for attempt, change in missing], batch_size=_BATCH_SIZE
    )
    yield from ((row.pk, change) for row, (_, change) in zip(added, missing, strict=True))
    yield from ((change.before.answer_id, change) for _, change in changes if change.before.answer_id)


def _blank(attempt: AssessmentAttempt, change: NewGrade) -> AttemptAnswer:
    """Return the row of a question that was left out, as it would have been graded when the attempt ended."""
    return AttemptAnswer(
        attempt=attempt,
        question_id=change.before.question_id,
        credit=change.kept_credit,
        exact_points=change.exact_points,
        is_correct=change.credit == FULL_CREDIT,
        points_earned=change.points,
        graded_version_id=change.version,
        answered_at=attempt.end_time,  # type: ignore[misc]
    )
