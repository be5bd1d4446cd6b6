"""Statistics narrowed to a viewer: those of courses to their staff, those of learning to the learner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Max, QuerySet

from courses.models import Assessment, AssessmentAttempt, Course, CourseStats, UserStats
from courses.models.attempts import SCORE_PERCENTAGE, MeanPercentage
from courses.policies import participation, results
from courses.policies.grading import FULLY_GRADED
from courses.policies.participation import Viewer
from courses.rules.engagement import LearningHabits
from courses.selectors.streaks import activity_streaks
from courses.utils.clock import database_now

_TWO_PLACES = Decimal("0.01")


@dataclass
class AssessmentFigures:
    """Figures of an assessment, over finished and fully graded attempts. Percentages are 0..100."""

    assessment_id: int
    attempt_count: int
    learner_count: int
    pass_rate: Decimal | None
    average_score_percentage: Decimal | None
    median_time_seconds: int | None


@dataclass
class RevenueFigures:
    """Revenue of enrolments in one currency."""

    currency: str
    gross: Decimal
    enrollment_count: int


@dataclass
class CourseFigures:
    """Statistics of a course as last computed."""

    total_students: int
    active_students: int
    completion_count: int
    completion_rate: Decimal | None
    average_completion_days: int | None
    engagement_score: Decimal
    assessments: list[AssessmentFigures]
    revenue: list[RevenueFigures]
    refreshed_at: datetime


@dataclass
class LearnerFigures:
    """Statistics of a person's learning: as last computed, but streak and average as of now."""

    courses_enrolled: int
    courses_completed: int
    total_time_spent_seconds: int
    average_score_percentage: Decimal | None
    last_activity_at: datetime | None
    activity_streak: int
    learning_habits: LearningHabits
    refreshed_at: datetime


def courses_with_statistics(viewer: Viewer, courses: Sequence[int]) -> list[int]:
    """Return those of `courses` whose statistics the viewer may see: the ones that the viewer teaches."""
    taught = Course.objects.filter(participation.teaches(viewer), pk__in=courses)
    return list(taught.values_list("pk", flat=True))


def course_statistics_visible_to(viewer: Viewer) -> QuerySet[CourseStats]:
    """Return the stored statistics of the courses that the viewer teaches."""
    return CourseStats.objects.filter(participation.teaches(viewer, "course_id"), refreshed_at__isnull=False)


def assessments_that_count(_viewer: Viewer) -> QuerySet[Assessment]:
    """Return all assessments: each has an entry in the statistics of its course, even if nobody has taken it yet."""
    return Assessment.objects.only("pk")


def learner_statistics(viewer: Viewer, people: Sequence[int]) -> Mapping[int, LearnerFigures]:
    """Return the viewer's own statistics, if the viewer is among `people`; nobody else's."""
    if viewer is None or viewer.pk not in people:
        return {}
    row = UserStats.objects.get(user=viewer)
    assert row.refreshed_at is not None
    return {
        viewer.pk: LearnerFigures(
            courses_enrolled=row.courses_enrolled,
            courses_completed=row.courses_completed,
            total_time_spent_seconds=row.total_time_spent_seconds,
            average_score_percentage=_visible_average(viewer),
            last_activity_at=row.last_activity,
            activity_streak=activity_streaks([viewer.pk], now=database_now())[viewer.pk],
            learning_habits=LearningHabits(**row.learning_habits),
            refreshed_at=row.refreshed_at,
        )
    }


def _visible_average(viewer: Viewer) -> Decimal | None:
    """Return the mean over assessments of the best percentage, over results that the viewer may see now."""
    graded = AssessmentAttempt.objects.filter(results.may_see_results(viewer), FULLY_GRADED, user=viewer)
    best: Any = graded.order_by().values("assessment").annotate(best=Max(SCORE_PERCENTAGE))
    mean: Decimal | None = best.aggregate(mean=MeanPercentage("best"))["mean"]
    return mean


def course_figures(row: CourseStats, assessments: Sequence[int]) -> CourseFigures:
    """Return stored statistics, with an entry for each of `assessments`."""
    assert row.refreshed_at is not None
    return CourseFigures(
        total_students=row.total_students,
        active_students=row.active_students,
        completion_count=row.completion_count,
        completion_rate=_percentage(row.completion_count, row.total_students),
        average_completion_days=row.average_completion_days if row.completion_count else None,
        engagement_score=row.engagement_score,
        assessments=[_assessment_figures(pk, row.assessment_stats.get(str(pk))) for pk in assessments],
        revenue=[
            RevenueFigures(currency, Decimal(sums["gross"]), sums["enrollments"])
            for currency, sums in sorted(row.revenue_data.items())
        ],
        refreshed_at=row.refreshed_at,
    )


def _assessment_figures(assessment_id: int, stored: dict[str, Any] | None) -> AssessmentFigures:
    if stored is None:
        return AssessmentFigures(assessment_id, 0, 0, None, None, None)
    average = stored["average_percentage"]
    return AssessmentFigures(
        assessment_id=assessment_id,
        attempt_count=stored["attempts"],
        learner_count=stored["learners"],
        pass_rate=Decimal(stored["pass_rate"]),
        average_score_percentage=None if average is None else Decimal(average),
        median_time_seconds=stored["median_seconds"],
    )


def _percentage(part: int, whole: int) -> Decimal | None:
    return (Decimal(100) * part / whole).quantize(_TWO_PLACES, ROUND_HALF_UP) if whole else None
