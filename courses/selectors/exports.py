"""Exports of a viewer, and the statements of their lines, which PostgreSQL makes with the names and values of the API.

What a line tells is narrowed like the API: rows by the selectors of their kind, results by the annotations of attempts.
No line holds a key. An attempt that has changed comes whole, with all that belongs to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias, TypedDict

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from courses.constants import FULL_CREDIT, NO_CREDIT, Correctness, ExportKind, ExportStatus
from courses.models import AssessmentAttempt, AttemptAnswer, Export
from courses.policies.participation import Viewer
from courses.policies.results import COURSE_OF_ATTEMPT
from courses.rules.words import VISIBLE
from courses.selectors.activity import activity_of
from courses.selectors.assessments import assessments_visible_to
from courses.selectors.attempts import (
    GRADING_STATE,
    SHOWN_EXACT_SCORE,
    SHOWN_PERCENTAGE,
    SHOWN_SCORE,
    SHOWN_VERDICT,
    STATE,
    attempts_visible_to,
)
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
from courses.utils.json_sql import list_of, null_or, object_of, quoted, value_of
from courses.utils.sql import global_id, in_sql


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
    """Lines of one type: SQL of their text over `rows`, which are called `name`, and what is `joined` to each."""

    sql: str
    name: str
    rows: QuerySet[Any]
    joined: str = ""

    def statement(self) -> tuple[str, Sequence[Any]]:
        """Return the statement with its parameters. OFFSET has each row read once, whatever the text repeats of it."""
        rows, parameters = self.rows.order_by().query.sql_with_params()
        return f"SELECT {self.sql} FROM ({rows} OFFSET 0) AS {self.name} {self.joined}", parameters  # noqa: S608 - ours


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


def _line(type: str, **members: str) -> str:
    """Return the JSON of a line of this type."""
    return object_of({"type": f"'\"{type}\"'", **members})


def _id(type_name: str, key: str) -> str:
    """Return the JSON of a global id, null for the key NULL."""
    return null_or(quoted(global_id(type_name, key)))


def _value(sql: str, kind: type = int) -> str:
    """Return the JSON of a value, null for NULL; numbers are whole unless `kind` says so."""
    return null_or(value_of(sql, kind))


def _name(sql: str) -> str:
    """Return the JSON of a choice by its name in the API, null for NULL."""
    return null_or(quoted(f"upper({sql})"))


def _exact(sql: str) -> str:
    """Return the JSON of a decimal without trailing zeros, null for NULL."""
    return _value(f"trim_scale({sql})", Decimal)


# ---------------------------------------------------------------- attempts

_FLAGS = ("results_visible", "waits_for_a_person")


def _shown(rule: Any) -> str:
    """Return the SQL of what the API says of an attempt by this rule."""
    return in_sql(rule, _FLAGS, attempt=AssessmentAttempt)


_ATTEMPT = _line(
    "attempt",
    id=_id("AssessmentAttempt", "attempt.id"),
    assessmentId=_id("Assessment", "attempt.assessment_id"),
    courseId=_id("Course", "attempt.course_id"),
    learnerId=_id("User", "attempt.user_id"),
    attemptNumber=_value("attempt.attempt_number"),
    state=_name(_shown(STATE)),
    gradingState=_name(_shown(GRADING_STATE)),
    revision=_value("attempt.revision"),
    startedAt=_value("attempt.start_time", datetime),
    deadlineAt=_value("attempt.deadline_at", datetime),
    endedAt=_value("attempt.end_time", datetime),
    endedBy=_name("attempt.ended_by"),
    timeTakenSeconds=_value("attempt.time_taken_seconds"),
    resultsVisible=_value("attempt.results_visible", bool),
    score=_value(_shown(SHOWN_SCORE)),
    exactScore=_value(_shown(SHOWN_EXACT_SCORE), Decimal),
    maxScore=_value("attempt.max_score"),
    scorePercentage=_value(_shown(SHOWN_PERCENTAGE), Decimal),
    isPassed=_value(_shown(SHOWN_VERDICT), bool),
)


def _attempts(asked: _Asked) -> Lines:
    rows = asked.attempts.values(
        "id",
        "assessment_id",
        "user_id",
        "attempt_number",
        "revision",
        "start_time",
        "deadline_at",
        "end_time",
        "ended_by",
        "time_taken_seconds",
        "max_score",
        "score",
        "exact_score",
        "is_completed",
        "is_passed",
        *_FLAGS,
        course_id=F(COURSE_OF_ATTEMPT),
    )
    return Lines(_ATTEMPT, "attempt", rows)


# ---------------------------------------------------------------- responses and grades

_ANSWERED = """
CROSS JOIN LATERAL (
    SELECT stored.*, place.entry, place.position
    FROM (SELECT * FROM courses_attemptanswer WHERE attempt_id = attempt.id OFFSET 0) AS stored
    JOIN jsonb_array_elements(attempt.layout -> 'questions') WITH ORDINALITY AS place (entry, position)
        ON (place.entry ->> 'id')::bigint = stored.question_id
    ORDER BY place.position
) AS answer
"""
"""Stored responses of an attempt in the order of its layout. OFFSET has them looked up attempt by attempt: a hash of
all would be of any size.
"""


def _place_id(kind: str, place: str) -> str:
    """Return the JSON of the id of an option in the attempt, at a place of the layout, from 0."""
    return quoted(global_id(kind, f"attempt.id || '.' || answer.question_id || '.' || {place}"))


_CHOICES = f"""
SELECT {list_of(_place_id("Choice", "choice.place"))}
FROM (SELECT generate_series(0, jsonb_array_length(answer.entry -> 'choices') - 1) AS place) AS choice
WHERE answer.response -> 'choices' @> (answer.entry -> 'choices' -> choice.place)
"""  # noqa: S608 - made of constants
"""Picks by their places: a series that is selected keeps its order, and takes half as long as one that is joined."""

_PAIR = object_of(
    {
        "prompt": _place_id("Prompt", "(prompt.number - 1)"),
        "match": _place_id("MatchChoice", "(match.number - 1)"),
    }
)

_MATCHES = f"""
SELECT {list_of(_PAIR, order=" ORDER BY prompt.number")}
FROM jsonb_array_elements_text(answer.entry -> 'prompts') WITH ORDINALITY AS prompt (pk, number)
JOIN jsonb_array_elements(answer.entry -> 'matches') WITH ORDINALITY AS match (pk, number)
    ON match.pk = answer.response -> 'matches' -> prompt.pk
"""  # noqa: S608 - made of constants

_BLANK = object_of(
    {"key": _value("blank.key", str), "text": "(answer.response -> 'blanks' -> blank.key)::text"}
)

_BLANKS = f"""
SELECT {list_of(_BLANK, order=" ORDER BY blank.number")}
FROM jsonb_array_elements_text(answer.entry -> 'blanks') WITH ORDINALITY AS blank (key, number)
WHERE answer.response -> 'blanks' ? blank.key
"""  # noqa: S608 - made of constants

_GIVEN = {
    "choices": f"({_CHOICES})",
    "text": "(answer.response -> 'text')::text",
    "matches": f"({_MATCHES})",
    "blanks": f"({_BLANKS})",
}
_GIVEN_CASES = " ".join(
    f"WHEN answer.response ? '{member}' THEN {object_of({member: sql})}" for member, sql in _GIVEN.items()
)

_RESPONSE = _line(
    "response",
    id=_id("GradingTask", "answer.id"),
    attemptId=_id("AssessmentAttempt", "attempt.id"),
    questionId=_id("Question", "answer.question_id"),
    position=_value("answer.position"),
    response=f"CASE {_GIVEN_CASES} ELSE 'null' END",
    answeredAt=_value("CASE WHEN answer.response IS NOT NULL THEN answer.answered_at END", datetime),
    revision=_value("answer.revision"),
    isFlagged=_value("answer.is_flagged", bool),
)

_IS_BLANK = f"""CASE
    WHEN answer.response IS NULL THEN true
    WHEN answer.response ? 'choices' THEN answer.response -> 'choices' = '[]'
    WHEN answer.response ? 'matches' THEN answer.response -> 'matches' = '{{}}'
    WHEN answer.response ? 'text' THEN answer.response ->> 'text' !~ '{VISIBLE}'
    ELSE NOT EXISTS (SELECT FROM jsonb_each_text(answer.response -> 'blanks') AS blank WHERE value ~ '{VISIBLE}')
END"""

_CORRECTNESS = f"""CASE
    WHEN answer.credit IS NULL THEN '{Correctness.PENDING}'
    WHEN answer.credit >= {FULL_CREDIT} THEN '{Correctness.CORRECT}'
    WHEN answer.credit > {NO_CREDIT} THEN '{Correctness.PARTIAL}'
    WHEN {_IS_BLANK} THEN '{Correctness.UNANSWERED}'
    ELSE '{Correctness.INCORRECT}'
END"""
"""The same as `correctness_of` of the rules says."""

_GRADE = _line(
    "grade",
    id=_id("GradingTask", "answer.id"),
    attemptId=_id("AssessmentAttempt", "attempt.id"),
    questionId=_id("Question", "answer.question_id"),
    correctness=_name(_CORRECTNESS),
    isCorrect=_value("answer.is_correct", bool),
    credit=_exact("answer.credit"),
    pointsEarned=_value("CASE WHEN answer.credit IS NOT NULL THEN answer.points_earned END"),
    exactPoints=_exact("answer.exact_points"),
    feedback=_value("answer.feedback", str),
    gradedById=_id("User", "answer.graded_by_id"),
)

_GRADE_CHANGE = _line(
    "gradeChange",
    id=_id("GradeChange", "change.id"),
    attemptId=_id("AssessmentAttempt", "change.attempt_id"),
    questionId=_id("Question", "change.question_id"),
    reason=_name("change.reason"),
    changedById=_id("User", "change.changed_by_id"),
    changedAt=_value("change.created_date", datetime),
    oldCredit=_exact("change.old_credit"),
    newCredit=_exact("change.new_credit"),
    oldPoints=_exact("change.old_points"),
    newPoints=_exact("change.new_points"),
)


def _responses(asked: _Asked) -> Sequence[Lines]:
    rows = asked.attempts.values("id", "layout")
    return [_attempts(asked), Lines(_RESPONSE, "attempt", rows, _ANSWERED)]


def _grades(asked: _Asked) -> Sequence[Lines]:
    graded = asked.attempts.filter(is_completed=True, results_visible=True).values("id", "layout")
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
    return [
        _attempts(asked),
        Lines(_GRADE, "attempt", graded, _ANSWERED),
        Lines(_GRADE_CHANGE, "change", rows),
    ]


# ---------------------------------------------------------------- enrolments, reviews, activity

_ENROLLMENT = _line(
    "enrollment",
    id=_id("Enrollment", "enrollment.id"),
    courseId=_id("Course", "enrollment.course_id"),
    userId=_id("User", "enrollment.user_id"),
    status=_name("enrollment.status"),
    progressPercentage=_value("enrollment.progress_percentage", Decimal),
    enrolledAt=_value("enrollment.enrolled_date", datetime),
    completedAt=_value("enrollment.completed_date", datetime),
)

_REVIEW = _line(
    "review",
    id=_id("Review", "review.id"),
    courseId=_id("Course", "review.course_id"),
    authorId=_id("User", "review.user_id"),
    rating=_value("review.rating"),
    title=_value("review.title", str),
    content=_value("review.content", str),
    helpfulCount=_value("review.helpful_count"),
    isVerifiedPurchase=_value("review.is_verified_purchase", bool),
    isApproved=_value("review.is_approved", bool),
    isFeatured=_value("review.is_featured", bool),
    moderationNotes=_value("CASE WHEN review.viewer_may_moderate THEN review.moderation_notes END", str),
    createdAt=_value("review.created_date", datetime),
    updatedAt=_value("review.updated_date", datetime),
)


def _seen(type_name: str, name: str) -> str:
    """Return the JSON of the global id of what an activity was about, where it is visible."""
    return _id(type_name, f"CASE WHEN activity.sees_{name} THEN activity.{name}_id END")


_ACTIVITY = _line(
    "activity",
    id=_id("UserActivity", "activity.id"),
    activityType=_name("activity.activity_type"),
    courseId=_seen("Course", "course"),
    lessonId=_seen("Lesson", "lesson"),
    resourceId=_seen("Resource", "resource"),
    assessmentId=_seen("Assessment", "assessment"),
    data=null_or("activity.data::text"),
    createdAt=_value("activity.created_date", datetime),
)


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
    return [Lines(_ENROLLMENT, "enrollment", rows.values(*columns))]


def _reviews(asked: _Asked) -> Sequence[Lines]:
    rows = reviews_visible_to(asked.viewer).filter(asked.of_course("course_id"), asked.has_changed)
    columns = [field.attname for field in rows.model._meta.concrete_fields]
    return [Lines(_REVIEW, "review", rows.values(*columns, "viewer_may_moderate"))]


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
    return [Lines(_ACTIVITY, "activity", rows.values(*columns, *(f"sees_{name}" for name in about)))]


_LINES: dict[ExportKind, Callable[[_Asked], Sequence[Lines]]] = {
    ExportKind.ATTEMPTS: lambda asked: [_attempts(asked)],
    ExportKind.RESPONSES: _responses,
    ExportKind.GRADES: _grades,
    ExportKind.ENROLLMENTS: _enrollments,
    ExportKind.REVIEWS: _reviews,
    ExportKind.ACTIVITY: _activity,
}
