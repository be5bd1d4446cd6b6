"""Statistics narrowed to a viewer: those of courses to their staff, those of learning to the learner."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias, TypedDict

from django.db.models import DecimalField, F, Func, JSONField, Max, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast

from courses.models import Assessment, AssessmentAttempt, Course, CourseStats, UserStats
from courses.models.attempts import SCORE_PERCENTAGE, MeanPercentage
from courses.policies import participation, results
from courses.policies.grading import FULLY_GRADED
from courses.policies.participation import Viewer
from courses.selectors.streaks import CurrentStreak
from courses.utils.annotated_rows import WithAnnotations


class MeanOf(Func):
    """Mean of the percentages that a subquery has."""

    template = (
        f"(SELECT {MeanPercentage.in_sql('percentage')} FROM unnest(ARRAY%(expressions)s) AS percentage)"  # noqa: S608
    )
    output_field: Any = DecimalField()


class _WithFigures(TypedDict):
    figures: dict[str, Any] | None


AssessmentWithFigures: TypeAlias = WithAnnotations[Assessment, _WithFigures]
"""An assessment with the annotations of `assessments_with_figures`."""


class _AsOfNow(TypedDict):
    current_streak: dict[str, Any]
    visible_average: Decimal | None


LearnerStatistics: TypeAlias = WithAnnotations[UserStats, _AsOfNow]
"""Statistics of a person's learning with the annotations of `learner_statistics_of`."""


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


def learner_statistics_of(viewer: Viewer) -> QuerySet[LearnerStatistics]:
    """Return the viewer's own statistics as last computed, but streak and average as of now.

    `visible_average` is the mean over assessments of the best percentage, over results that the viewer may see now.
    """
    graded = AssessmentAttempt.objects.filter(results.may_see_results(viewer), FULLY_GRADED, user=viewer)
    best = graded.order_by().values("assessment").values(best=Max(SCORE_PERCENTAGE))
    return UserStats.objects.filter(user=viewer, refreshed_at__isnull=False).annotate(
        current_streak=CurrentStreak("user_id"), visible_average=MeanOf(Subquery(best))
    )
