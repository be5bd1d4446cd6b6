"""Output types of statistics. Their selectors decide who may see them (courses/selectors/statistics)."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from courses import models
from courses.rules.pass_mark import percentage
from courses.selectors.statistics import AssessmentWithFigures, LearnerStatistics
from courses.selectors.streaks import length_of
from schema.core.fields import column, computed, declared, described
from schema.core.scalars import BigInt
from schema.dataloaders import statistics as loaders

if TYPE_CHECKING:
    from schema.assessments.types import Assessment


@strawberry.type(description="Statistics of an assessment over its completed and fully graded attempts.")
class AssessmentStatistics:
    assessment: Annotated["Assessment", strawberry.lazy("schema.assessments.types")] = declared(
        loaders.assessment_of_figures, "Assessment that the figures are about."
    )

    @computed("Number of completed and fully graded attempts.", columns=("figures",))
    def attempt_count(root: AssessmentWithFigures) -> int:
        return root.figures["attempts"] if root.figures else 0

    @computed("Number of different learners who made them.", columns=("figures",))
    def learner_count(root: AssessmentWithFigures) -> int:
        return root.figures["learners"] if root.figures else 0

    @computed(
        "Share of these attempts that passed, in percent, 0 to 100, two decimals. Null when there are none.",
        columns=("figures",),
    )
    def pass_rate(root: AssessmentWithFigures) -> Decimal | None:
        return Decimal(root.figures["pass_rate"]) if root.figures else None

    @computed(
        "Mean score as a percentage of the maximum score, 0 to 100, two decimals. Null when there are none.",
        columns=("figures",),
    )
    def average_score_percentage(root: AssessmentWithFigures) -> Decimal | None:
        average = root.figures["average_percentage"] if root.figures else None
        return None if average is None else Decimal(average)

    @computed(
        "Median duration of an attempt, in whole seconds. Null when there are none.", columns=("figures",)
    )
    def median_time_seconds(root: AssessmentWithFigures) -> int | None:
        return root.figures["median_seconds"] if root.figures else None


@strawberry.type(description="Revenue from enrolments in one currency.")
class Revenue:
    currency: str = described("Currency: three capital letters of ISO 4217, such as EUR.")
    gross: Decimal = described(
        "Gross revenue in `currency`: the sum of the prices paid, withdrawn enrolments included."
    )
    enrollment_count: int = described(
        "Number of enrolments in this currency, free and withdrawn ones included."
    )


@strawberry.type(
    description="Statistics of a course as of `refreshedAt`. They are precomputed, so recent changes may be "
    "missing."
)
class CourseStatistics:
    total_students: int = column("total_students", "Number of learners who have not withdrawn.")
    active_students: int = column(
        "active_students", "Number of these learners with any activity in the course in the last 30 days."
    )
    completion_count: int = column(
        "completion_count", "Number of these learners who have completed the course."
    )

    @computed(
        "Share of these learners who have completed the course, in percent, 0 to 100, two decimals. "
        "Null when there are no learners.",
        columns=("completion_count", "total_students"),
    )
    def completion_rate(root: models.CourseStats) -> Decimal | None:
        return percentage(root.completion_count, root.total_students)

    @computed(
        "Mean time from enrolment to completion, in whole days, rounded half up. Null when nobody "
        "has completed.",
        columns=("completion_count", "average_completion_days"),
    )
    def average_completion_days(root: models.CourseStats) -> int | None:
        return root.average_completion_days if root.completion_count else None

    engagement_score: Decimal = column(
        "engagement_score",
        "Engagement of learners, 0 to 100, two decimals: 40 x share of active learners + 30 x mean "
        "progress + 20 x share with a completed attempt + 10 x share with a review or note. 0 when "
        "there are no learners.",
    )
    assessments: list[AssessmentStatistics] = declared(
        loaders.assessments_in_statistics, "Statistics of each assessment, by the position of its lesson."
    )

    @computed("Revenue, one entry for each currency, by its code.", columns=("revenue_data",))
    def revenue(root: models.CourseStats) -> list[Revenue]:
        return [
            Revenue(currency=currency, gross=Decimal(sums["gross"]), enrollment_count=sums["enrollments"])
            for currency, sums in sorted(root.revenue_data.items())
        ]

    refreshed_at: datetime = column("refreshed_at", "Time at which the figures were computed.")


@strawberry.type(description="Learning habits of a person, in the person's own time zone.")
class LearningHabits:
    activity_by_hour: list[int] = described(
        "Number of activities by hour of the day: 24 elements, the first from 0:00 to 0:59."
    )
    activity_by_weekday: list[int] = described(
        "Number of activities by weekday: 7 elements, the first for Monday."
    )
    busiest_hour: int | None = described(
        "Hour with the most activities, 0 to 23; the earliest of equals. Null when there is no activity."
    )
    busiest_weekday: int | None = described(
        "Weekday with the most activities, 0 (Monday) to 6 (Sunday); the earliest of equals. Null "
        "when there is no activity."
    )
    average_session_minutes: int | None = described(
        "Mean duration of a study session, in whole minutes; more than 30 minutes without activity "
        "end a session. Null when there is none."
    )


@strawberry.type(
    description="Statistics of a person's learning as of `refreshedAt`. They are precomputed, so recent "
    "changes may be missing."
)
class UserStatistics:
    courses_enrolled: int = column("courses_enrolled", "Number of courses taken, withdrawn ones not counted.")
    courses_completed: int = column("courses_completed", "Number of courses completed.")
    total_time_spent_seconds: BigInt = column(
        "total_time_spent_seconds",
        "Total time spent on learning, in seconds; one activity counts for at most 4 hours.",
    )
    average_score_percentage: Decimal | None = column(
        "visible_average",
        "Mean over assessments of the best score in percent, 0 to 100, two decimals, as of now. Only "
        "fully graded attempts whose results the learner may see count. Null when there are none.",
    )
    last_activity_at: datetime | None = column(
        "last_activity", "Time of the last activity. Null when there is none."
    )

    @computed(
        "Number of consecutive days with activity up to today or yesterday, in the person's time "
        "zone, as of now.",
        columns=("current_streak",),
    )
    def activity_streak(root: LearnerStatistics) -> int:
        return length_of(root.current_streak)

    @computed(
        "Distribution of activity over hours and weekdays, and session length.", columns=("learning_habits",)
    )
    def learning_habits(root: LearnerStatistics) -> LearningHabits:
        return LearningHabits(**root.learning_habits)

    refreshed_at: datetime = column("refreshed_at", "Time at which the precomputed figures were computed.")
