"""Exports of a viewer, and the statements of their lines, which PostgreSQL makes with the names and values of the API.

What a line tells is narrowed like the API: rows by the selectors of their kind, results by the annotations of attempts.
No line holds a key. An attempt that has changed comes whole, with all that belongs to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypedDict

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from courses.constants import ExportKind, ExportStatus
from courses.models import AttemptAnswer, Export
from courses.models.attempts import COUNTED_SCORE
from courses.policies.participation import Viewer
from courses.policies.results import COURSE_OF_ATTEMPT
from courses.rules.words import VISIBLE
from courses.selectors.activity import activity_of
from courses.selectors.assessments import assessments_visible_to
from courses.selectors.attempts import attempts_visible_to
from courses.selectors.catalog import (
    courses_visible_to,
    enrollments_visible_to,
    lessons_visible_to,
    resources_visible_to,
)
from courses.selectors.grading import grade_changes_visible_to
from courses.selectors.reviews import reviews_visible_to
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.clock import StatementTimestamp
from courses.utils.sql import global_id, iso_format


class _Seen(TypedDict):
    shown_status: str


SeenExport: TypeAlias = WithAnnotations[Export, _Seen]
"""An export with the annotations of `exports_of`."""

_READY = Q(status=ExportStatus.READY)


def exports_of(viewer: Viewer) -> QuerySet[SeenExport]:
    """Return the viewer's own exports with `shown_status`: EXPIRED from the moment on, not once the file is gone."""
    has_expired = _READY & Q(expires_at__lte=StatementTimestamp())
    exports = Export.objects.annotate(
        shown_status=Case(
            When(has_expired, then=Value(ExportStatus.EXPIRED)),
            default="status",
            output_field=CharField(choices=ExportStatus.choices),
        )
    )
    return exports.filter(user=viewer) if viewer else exports.none()


def exports_to_download(viewer: Viewer, principal: str | None) -> QuerySet[SeenExport]:
    """Return the viewer's exports that are ready, and were started by the same principal."""
    return exports_of(viewer).filter(shown_status=ExportStatus.READY, principal=principal)


@dataclass(frozen=True)
class Lines:
    """Lines of one type: SQL of their text over `rows`, whose query stands at `{rows}`."""

    sql: str
    rows: QuerySet[Any]

    def statement(self) -> tuple[str, Sequence[Any]]:
        """Return the statement with its parameters."""
        rows, parameters = self.rows.order_by().query.sql_with_params()
        return self.sql.format(rows=rows), parameters


def lines_of(export: Export) -> Sequence[Lines]:
    """Return the lines of an export, parents before their children."""
    asked = _Asked(export.user, export.course_id, export.changed_since)
    return _LINES[ExportKind(export.kind)](asked)


@dataclass(frozen=True)
class _Asked:
    viewer: Viewer
    course_id: int | None
    changed_since: datetime | None

    def of_course(self, path: str) -> Q:
        return Q() if self.course_id is None else Q((path, self.course_id))

    @property
    def has_changed(self) -> Q:
        return Q() if self.changed_since is None else Q(updated_date__gte=self.changed_since)

    @property
    def attempts(self) -> QuerySet[Any]:
        """Attempts to export; a changed response is a change of its attempt."""
        attempts = attempts_visible_to(self.viewer).filter(self.of_course(COURSE_OF_ATTEMPT))
        if self.changed_since is None:
            return attempts
        answers = AttemptAnswer.objects.filter(self.has_changed, attempt=OuterRef("pk"))
        return attempts.filter(self.has_changed | Q(Exists(answers)))


def _object(**members: str) -> str:
    """Return the SQL of the text of a JSON object."""
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in members.items())
    return f"json_build_object({pairs})::text"


def _exact(sql: str) -> str:
    """Return the SQL of a decimal as text without trailing zeros."""
    return f"trim_scale({sql})::text"


# ---------------------------------------------------------------- attempts

_IS_SHOWN = "attempt.is_completed AND attempt.results_visible AND NOT attempt.waits_for_a_person"

_ATTEMPT = f"""
SELECT {
    _object(
        type="'attempt'",
        id=global_id("AssessmentAttempt", "attempt.id"),
        assessmentId=global_id("Assessment", "attempt.assessment_id"),
        courseId=global_id("Course", "attempt.course_id"),
        learnerId=global_id("User", "attempt.user_id"),
        attemptNumber="attempt.attempt_number",
        state="CASE WHEN attempt.is_completed THEN 'COMPLETED' ELSE 'IN_PROGRESS' END",
        gradingState="CASE WHEN NOT attempt.is_completed THEN 'NOT_READY' "
        "WHEN attempt.waits_for_a_person THEN 'PENDING_MANUAL' ELSE 'FULLY_GRADED' END",
        revision="attempt.revision",
        startedAt=iso_format("attempt.start_time"),
        deadlineAt=iso_format("attempt.deadline_at"),
        endedAt=iso_format("attempt.end_time"),
        endedBy="upper(attempt.ended_by)",
        timeTakenSeconds="attempt.time_taken_seconds",
        resultsVisible="attempt.results_visible",
        score=f"CASE WHEN {_IS_SHOWN} THEN attempt.score END",
        exactScore=f"CASE WHEN {_IS_SHOWN} THEN {_exact('attempt.counted')} END",
        maxScore="attempt.max_score",
        scorePercentage=f"CASE WHEN {_IS_SHOWN} AND attempt.max_score > 0 THEN (0.01 * "
        "div(20000 * attempt.counted + attempt.max_score, 2 * attempt.max_score))::text END",
        isPassed="CASE WHEN attempt.is_completed AND attempt.results_visible THEN attempt.is_passed END",
    )
} FROM ({{rows}}) AS attempt
"""  # noqa: S608 - made of constants


def _attempts(asked: _Asked) -> Lines:
    rows = asked.attempts.values(
        "id",
        "assessment_id",
        "user_id",
        "attempt_number",
        "is_completed",
        "waits_for_a_person",
        "results_visible",
        "revision",
        "start_time",
        "deadline_at",
        "end_time",
        "ended_by",
        "time_taken_seconds",
        "score",
        "max_score",
        "is_passed",
        counted=COUNTED_SCORE,
        course_id=F(COURSE_OF_ATTEMPT),
    )
    return Lines(_ATTEMPT, rows)


# ---------------------------------------------------------------- responses and grades

_ANSWERED = """
FROM ({rows} OFFSET 0) AS attempt
CROSS JOIN LATERAL jsonb_array_elements(attempt.layout -> 'questions') WITH ORDINALITY AS place (entry, position)
CROSS JOIN LATERAL (
    SELECT * FROM courses_attemptanswer
    WHERE attempt_id = attempt.id AND question_id = (place.entry ->> 'id')::bigint OFFSET 0
) AS answer
"""
"""Stored responses in the order of their attempts' layouts. OFFSET has each attempt read once, and its responses looked
up one by one: a hash of all would be of any size.
"""


def _place_id(kind: str, option: str) -> str:
    """Return the SQL of the id of an option in the attempt, counted from 1 in the layout."""
    return global_id(kind, f"attempt.id || '.' || answer.question_id || '.' || ({option}.number - 1)")


_CHOICES = f"""
SELECT coalesce(json_agg({_place_id("Choice", "choice")} ORDER BY choice.number), '[]')
FROM jsonb_array_elements(place.entry -> 'choices') WITH ORDINALITY AS choice (pk, number)
WHERE answer.response -> 'choices' @> choice.pk
"""  # noqa: S608 - made of constants

_MATCHES = f"""
SELECT coalesce(json_agg(json_build_object(
    'prompt', {_place_id("Prompt", "prompt")}, 'match', {_place_id("MatchChoice", "match")}
) ORDER BY prompt.number), '[]')
FROM jsonb_array_elements_text(place.entry -> 'prompts') WITH ORDINALITY AS prompt (pk, number)
JOIN jsonb_array_elements(place.entry -> 'matches') WITH ORDINALITY AS match (pk, number)
    ON match.pk = answer.response -> 'matches' -> prompt.pk
"""  # noqa: S608 - made of constants

_BLANKS = """
SELECT coalesce(json_agg(json_build_object('key', blank.key, 'text', answer.response -> 'blanks' ->> blank.key)
    ORDER BY blank.number), '[]')
FROM jsonb_array_elements_text(place.entry -> 'blanks') WITH ORDINALITY AS blank (key, number)
WHERE answer.response -> 'blanks' ? blank.key
"""

_RESPONSE = f"""
SELECT {
    _object(
        type="'response'",
        id=global_id("GradingTask", "answer.id"),
        attemptId=global_id("AssessmentAttempt", "attempt.id"),
        questionId=global_id("Question", "answer.question_id"),
        position="place.position",
        response=f"CASE WHEN answer.response ? 'choices' THEN json_build_object('choices', ({_CHOICES})) "
        "WHEN answer.response ? 'text' THEN json_build_object('text', answer.response -> 'text') "
        f"WHEN answer.response ? 'matches' THEN json_build_object('matches', ({_MATCHES})) "
        f"WHEN answer.response ? 'blanks' THEN json_build_object('blanks', ({_BLANKS})) END",
        answeredAt=f"CASE WHEN answer.response IS NOT NULL THEN {iso_format('answer.answered_at')} END",
        revision="answer.revision",
        isFlagged="answer.is_flagged",
    )
} {_ANSWERED}
"""

_IS_BLANK = f"""CASE
    WHEN answer.response IS NULL THEN true
    WHEN answer.response ? 'choices' THEN answer.response -> 'choices' = '[]'
    WHEN answer.response ? 'matches' THEN answer.response -> 'matches' = '{{{{}}}}'
    WHEN answer.response ? 'text' THEN answer.response ->> 'text' !~ '{VISIBLE}'
    ELSE NOT EXISTS (SELECT FROM jsonb_each_text(answer.response -> 'blanks') AS blank WHERE value ~ '{VISIBLE}')
END"""

_GRADE = f"""
SELECT {
    _object(
        type="'grade'",
        id=global_id("GradingTask", "answer.id"),
        attemptId=global_id("AssessmentAttempt", "attempt.id"),
        questionId=global_id("Question", "answer.question_id"),
        correctness="CASE WHEN answer.credit IS NULL THEN 'PENDING' WHEN answer.credit >= 1 THEN 'CORRECT' "
        f"WHEN answer.credit > 0 THEN 'PARTIAL' WHEN {_IS_BLANK} THEN 'UNANSWERED' ELSE 'INCORRECT' END",
        isCorrect="answer.is_correct",
        credit=_exact("answer.credit"),
        pointsEarned="CASE WHEN answer.credit IS NOT NULL THEN answer.points_earned END",
        exactPoints=_exact("answer.exact_points"),
        feedback="answer.feedback",
        gradedById=global_id("User", "answer.graded_by_id"),
    )
} {_ANSWERED}
"""

_GRADE_CHANGE = f"""
SELECT {
    _object(
        type="'gradeChange'",
        id=global_id("GradeChange", "change.id"),
        attemptId=global_id("AssessmentAttempt", "change.attempt_id"),
        questionId=global_id("Question", "change.question_id"),
        reason="upper(change.reason)",
        changedById=global_id("User", "change.changed_by_id"),
        changedAt=iso_format("change.created_date"),
        oldCredit=_exact("change.old_credit"),
        newCredit=_exact("change.new_credit"),
        oldPoints=_exact("change.old_points"),
        newPoints=_exact("change.new_points"),
    )
} FROM ({{rows}}) AS change
"""  # noqa: S608 - made of constants


def _responses(asked: _Asked) -> Sequence[Lines]:
    return [_attempts(asked), Lines(_RESPONSE, asked.attempts.values("id", "layout"))]


def _grades(asked: _Asked) -> Sequence[Lines]:
    graded = asked.attempts.filter(is_completed=True, results_visible=True)
    changes = grade_changes_visible_to(asked.viewer).filter(
        attempt_answer__attempt__in=asked.attempts.values("pk")
    )
    rows = changes.values(
        "id",
        "reason",
        "changed_by_id",
        "created_date",
        "old_credit",
        "new_credit",
        "old_points",
        "new_points",
        "question_id",
        attempt_id=F("attempt_answer__attempt_id"),
    )
    return [_attempts(asked), Lines(_GRADE, graded.values("id", "layout")), Lines(_GRADE_CHANGE, rows)]


# ---------------------------------------------------------------- enrolments, reviews, activity

_ENROLLMENT = f"""
SELECT {
    _object(
        type="'enrollment'",
        id=global_id("Enrollment", "enrollment.id"),
        courseId=global_id("Course", "enrollment.course_id"),
        userId=global_id("User", "enrollment.user_id"),
        status="upper(enrollment.status)",
        progressPercentage="enrollment.progress_percentage::text",
        enrolledAt=iso_format("enrollment.enrolled_date"),
        completedAt=iso_format("enrollment.completed_date"),
    )
} FROM ({{rows}}) AS enrollment
"""  # noqa: S608 - made of constants

_REVIEW = f"""
SELECT {
    _object(
        type="'review'",
        id=global_id("Review", "review.id"),
        courseId=global_id("Course", "review.course_id"),
        authorId=global_id("User", "review.user_id"),
        rating="review.rating",
        title="review.title",
        content="review.content",
        helpfulCount="review.helpful_count",
        isVerifiedPurchase="review.is_verified_purchase",
        isApproved="review.is_approved",
        isFeatured="review.is_featured",
        moderationNotes="CASE WHEN review.viewer_may_moderate THEN review.moderation_notes END",
        createdAt=iso_format("review.created_date"),
        updatedAt=iso_format("review.updated_date"),
    )
} FROM ({{rows}}) AS review
"""  # noqa: S608 - made of constants


def _seen(type_name: str, name: str) -> str:
    """Return the SQL of the global id of what an activity was about, where it is visible."""
    return f"CASE WHEN activity.sees_{name} THEN {global_id(type_name, f'activity.{name}_id')} END"


_ACTIVITY = f"""
SELECT {
    _object(
        type="'activity'",
        id=global_id("UserActivity", "activity.id"),
        activityType="upper(activity.activity_type)",
        courseId=_seen("Course", "course"),
        lessonId=_seen("Lesson", "lesson"),
        resourceId=_seen("Resource", "resource"),
        assessmentId=_seen("Assessment", "assessment"),
        data="activity.data",
        createdAt=iso_format("activity.created_date"),
    )
} FROM ({{rows}}) AS activity
"""  # noqa: S608 - made of constants


def _enrollments(asked: _Asked) -> Sequence[Lines]:
    rows = enrollments_visible_to(asked.viewer).filter(asked.of_course("course_id"), asked.has_changed)
    columns = (
        "id",
        "course_id",
        "user_id",
        "status",
        "progress_percentage",
        "enrolled_date",
        "completed_date",
    )
    return [Lines(_ENROLLMENT, rows.values(*columns))]


def _reviews(asked: _Asked) -> Sequence[Lines]:
    rows = reviews_visible_to(asked.viewer).filter(asked.of_course("course_id"), asked.has_changed)
    columns = [field.attname for field in rows.model._meta.concrete_fields]
    return [Lines(_REVIEW, rows.values(*columns, "viewer_may_moderate"))]


def _activity(asked: _Asked) -> Sequence[Lines]:
    rows = activity_of(asked.viewer).filter(asked.of_course("course_id"), asked.has_changed)
    about = {
        "course": courses_visible_to,
        "lesson": lessons_visible_to,
        "resource": resources_visible_to,
        "assessment": assessments_visible_to,
    }
    rows = rows.annotate(
        **{
            f"sees_{name}": Exists(visible_to(asked.viewer).filter(pk=OuterRef(f"{name}_id")))
            for name, visible_to in about.items()
        }
    )
    columns = [field.attname for field in rows.model._meta.concrete_fields]
    return [Lines(_ACTIVITY, rows.values(*columns, *(f"sees_{name}" for name in about)))]


_LINES: dict[ExportKind, Callable[[_Asked], Sequence[Lines]]] = {
    ExportKind.ATTEMPTS: lambda asked: [_attempts(asked)],
    ExportKind.RESPONSES: _responses,
    ExportKind.GRADES: _grades,
    ExportKind.ENROLLMENTS: _enrollments,
    ExportKind.REVIEWS: _reviews,
    ExportKind.ACTIVITY: _activity,
}
