"""Statistics narrowed to a viewer: those of courses to their staff, those of learning to the learner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias, TypedDict

from django.db.models import F, Func, JSONField, Max, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from courses.models import Assessment, AssessmentAttempt, Course, CourseStats, UserStats
from courses.models.attempts import SCORE_PERCENTAGE, MeanPercentage
from courses.policies import participation, results
from courses.policies.grading import FULLY_GRADED
from courses.policies.participation import Viewer
from courses.rules.engagement import LearningHabits
from courses.selectors.streaks import activity_streaks
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.clock import database_now


class _WithFigures(TypedDict):
    figures: dict[str, Any] | None


AssessmentWithFigures: TypeAlias = WithAnnotations[Assessment, _WithFigures]
"""An assessment with the annotations of `assessments_with_figures`."""


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


def assessments_with_figures(viewer: Viewer) -> QuerySet[AssessmentWithFigures]:
    """Return the assessments of courses that the viewer teaches, with `figures` as last computed.

    None for an assessment that was made since.
    """
    key = Cast(OuterRef("pk"), TextField())
    stored = CourseStats.objects.filter(course_id=OuterRef("lesson__course_id")).values(
        figures=Func(F("assessment_stats"), key, function="jsonb_extract_path", output_field=JSONField())
    )
    taught = Assessment.objects.filter(participation.teaches(viewer, "lesson__course_id"))
    return taught.annotate(figures=Subquery(stored))


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
