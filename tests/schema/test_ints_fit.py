"""Every Int of the API fits into 32 bits: GraphQL's Int can hold no more, and fails as a whole field."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import IntegerField, Model, Q
from django.db.models.constraints import CheckConstraint
from graphql import GraphQLInt, GraphQLObjectType, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from courses import models
from courses.constants import (
    MAX_ATTEMPTS,
    MAX_DURATION_SECONDS,
    MAX_POINTS,
    MAX_QUESTIONS,
    MAX_RATING,
    MAX_REPLAYED_EVENTS,
    MAX_TIME_FACTOR,
    MAX_TIME_LIMIT_MINUTES,
)
from courses.models import Assessment, CourseStats, UserStats
from schema.accommodations.types import EffectiveSettings
from schema.assessments.types import QuestionVersion
from schema.attempts.types import ViewerAttempts
from schema.core.fields import Column, Computed
from schema.events.types import Event
from schema.root import schema
from schema.statistics.types import CourseStatistics, UserStatistics

LARGEST = 2**31 - 1
ROWS = LARGEST
"""More rows than that of one table belong to no single list: the keys of 2**31 rows alone take 16 GB."""
DAYS = 4_000_000
"""Between the first and the last day that PostgreSQL's calendar and Python's both know."""
SUM_OF_POINTS = MAX_QUESTIONS * MAX_POINTS
SECONDS_OF_AN_ATTEMPT = MAX_TIME_FACTOR * MAX_TIME_LIMIT_MINUTES * 60
LONGEST_STAY = LARGEST
"""An attempt without a limit lasts as long as its learner lets it; the column would refuse more than 68 years."""

BOUNDS: dict[str, int] = {
    "Accommodation.extraAttempts": MAX_ATTEMPTS,
    "Assessment.maxScore": SUM_OF_POINTS,
    "Assessment.questionCount": MAX_QUESTIONS,
    "Assessment.timeLimitMinutes": MAX_TIME_LIMIT_MINUTES,
    "AssessmentAttempt.answeredCount": MAX_QUESTIONS,
    "AssessmentAttempt.remainingSeconds": SECONDS_OF_AN_ATTEMPT,
    "AssessmentAttempt.score": SUM_OF_POINTS,
    "AssessmentStatistics.attemptCount": ROWS,
    "AssessmentStatistics.learnerCount": ROWS,
    "AssessmentStatistics.medianTimeSeconds": LONGEST_STAY,
    "AttemptQuestion.points": MAX_POINTS,
    "AttemptQuestion.position": MAX_QUESTIONS,
    "AttemptQuestion.revision": LARGEST,
    "Course.lessonCount": ROWS,
    "CourseStatistics.averageCompletionDays": DAYS,
    "EffectiveSettings.maxAttempts": 2 * MAX_ATTEMPTS,
    "EffectiveSettings.timeLimitMinutes": MAX_TIME_FACTOR * MAX_TIME_LIMIT_MINUTES,
    "GradeChangePreview.newScore": SUM_OF_POINTS,
    "GradeChangePreview.oldScore": SUM_OF_POINTS,
    "GradedResponse.pointsEarned": MAX_POINTS,
    "GradingTask.pointsPossible": MAX_POINTS,
    "ItemAnalysis.learnerCount": ROWS,
    "LearningHabits.activityByHour": ROWS,
    "LearningHabits.activityByWeekday": ROWS,
    "LearningHabits.averageSessionMinutes": 24 * 60,
    "LearningHabits.busiestHour": 23,
    "LearningHabits.busiestWeekday": 7,
    "MarkAllNotificationsReadPayload.markedCount": ROWS,
    "AnnouncePayload.recipientCount": ROWS,
    "AttemptQuestion.versionNumber": LARGEST,
    "QuestionResult.pointsEarned": MAX_POINTS,
    "QuestionVersion.attemptCount": ROWS,
    "RateLimit.cost": LARGEST,
    "RateLimit.limit": LARGEST,
    "RateLimit.remaining": LARGEST,
    "RatingCount.count": ROWS,
    "RatingCount.rating": MAX_RATING,
    "ReplayWebhookDeliveriesPayload.replayedCount": MAX_REPLAYED_EVENTS,
    "Revenue.enrollmentCount": ROWS,
    "ReviewSummary.count": ROWS,
    "SubmissionReceipt.format": LARGEST,
    "SubmissionReceipt.revision": LARGEST,
    "UserStatistics.activityStreak": DAYS,
    "Viewer.unreadNotificationCount": ROWS,
    "ViewerAttempts.remaining": 2 * MAX_ATTEMPTS,
    "ViewerAttempts.used": 2 * MAX_ATTEMPTS,
}
"""What bounds each Int that is no plain column. A new one fails until somebody says."""

SHOWN_AS: dict[Any, type[Model]] = {
    CourseStatistics: CourseStats,
    Event: models.Event,
    EffectiveSettings: Assessment,
    QuestionVersion: models.QuestionVersion,
    UserStatistics: UserStats,
    ViewerAttempts: Assessment,
}
"""The models of types that show rows and are no nodes."""


def _ints() -> dict[str, Any]:
    return {
        f"{type_.name}.{name}": field
        for type_ in schema._schema.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for name, field in type_.fields.items()
        if get_named_type(field.type) is GraphQLInt and name != "totalCount"
    }


def _column_of(name: str, definition: Any) -> Any:
    """The column that a field publishes as it stands, if it does."""
    field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(field, Column) or isinstance(field, Computed):
        return None
    origin: Any = field.origin
    model: Any = SHOWN_AS.get(origin) or origin.__strawberry_django_definition__.model
    found: Any = {each.name: each for each in model._meta.get_fields()}.get(
        field.django_name or field.python_name
    )
    return found if isinstance(found, IntegerField) else None


def test_every_int_is_a_column_that_fits_or_has_a_bound_that_does() -> None:
    unknown, too_large = [], {}
    for name, definition in _ints().items():
        column = _column_of(name, definition)
        if column is None:
            if name not in BOUNDS:
                unknown.append(name)
        elif (high := _high(column)) > LARGEST:
            too_large[name] = high
    assert (unknown, too_large) == ([], {})
    assert {name: bound for name, bound in BOUNDS.items() if bound > LARGEST} == {}


def test_no_bound_is_left_over() -> None:
    computed = {name for name, definition in _ints().items() if _column_of(name, definition) is None}
    assert sorted(set(BOUNDS) - computed) == []


def _high(column: Any) -> int:
    """The largest number that PostgreSQL takes for the column's type."""
    kind = column.db_type(connection).partition(" ")[0]
    return {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}[kind]


@pytest.mark.parametrize(
    ("model", "column", "high"),
    [
        ("question", "points", MAX_POINTS),
        ("question", "order", MAX_QUESTIONS),
        ("assessment", "max_attempts", MAX_ATTEMPTS),
        ("assessment", "time_limit", MAX_TIME_LIMIT_MINUTES),
        ("lesson", "duration_seconds", MAX_DURATION_SECONDS),
    ],
)
def test_the_database_holds_the_bounds_that_sums_are_made_of(model: str, column: str, high: int) -> None:
    conditions: list[dict[str, Any]] = [
        dict(child for child in each.condition.children if isinstance(child, tuple))
        for each in apps.get_model("courses", model)._meta.constraints
        if isinstance(each, CheckConstraint) and isinstance(each.condition, Q)
    ]
    assert [each[f"{column}__lte"] for each in conditions if f"{column}__lte" in each] == [high]
