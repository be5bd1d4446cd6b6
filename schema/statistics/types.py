"""Statistics as clients see them. Who may see them is decided where they are read (courses/selectors/statistics)."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.core.fields import declared, described
from schema.core.scalars import BigInt
from schema.dataloaders import assessments as assessment_loaders

if TYPE_CHECKING:
    from schema.assessments.types import Assessment


@strawberry.type(description="How an assessment goes, over finished and fully graded attempts.")
class AssessmentStatistics:
    assessment: Annotated["Assessment", strawberry.lazy("schema.assessments.types")] = declared(
        assessment_loaders.assessment_of, "The assessment."
    )
    attempt_count: int = described("How many attempts were finished and fully graded.")
    learner_count: int = described("How many learners made them.")
    pass_rate: Decimal | None = described(
        "The share of these attempts that passed, 0..100. Null: there are none."
    )
    average_score_percentage: Decimal | None = described("The mean percentage, 0..100. Null: there are none.")
    median_time_seconds: int | None = described("The median duration in seconds. Null: there are none.")


@strawberry.type(description="What enrolments brought in one currency.")
class Revenue:
    currency: str = described("Three letters of ISO 4217.")
    gross: Decimal = described("The sum of the prices paid, those of learners who left included.")
    enrollment_count: int = described("How many enrolments were paid, or free, in this currency.")


@strawberry.type(description="What the work in a course adds up to, as last computed.")
class CourseStatistics:
    total_students: int = described("Learners who have not withdrawn.")
    active_students: int = described(
        "Of these, the ones with any activity in the course in the last 30 days."
    )
    completion_count: int = described("Of these, the ones who have completed the course.")
    completion_rate: Decimal | None = described(
        "Their share in percent, 0..100. Null: there are no learners."
    )
    average_completion_days: int | None = described(
        "Whole days from enrolling to completing, on average. Null: nobody has completed."
    )
    engagement_score: Decimal = described(
        "0..100: 40 for active learners, 30 for progress, 20 for finished attempts, 10 for reviews and notes."
    )
    assessments: list[AssessmentStatistics] = described(
        "Each assessment of the course, in the order of lessons."
    )
    revenue: list[Revenue] = described("Revenue by currency.")
    refreshed_at: datetime = described("When the numbers were computed.")


@strawberry.type(description="When a person studies, in their own time zone.")
class LearningHabits:
    activity_by_hour: list[int] = described(
        "How many activities each hour of the day had: 24 numbers from 0:00."
    )
    activity_by_weekday: list[int] = described("How many activities each weekday had: 7 numbers from Monday.")
    busiest_hour: int | None = described("The hour with the most, 0..23. Null: there is no activity.")
    busiest_weekday: int | None = described(
        "The weekday with the most, 0 is Monday. Null: there is no activity."
    )
    average_session_minutes: int | None = described(
        "How long a session lasts on average; half an hour without activity ends one. Null: there is none."
    )


@strawberry.type(description="What the learning of a person adds up to.")
class UserStatistics:
    courses_enrolled: int = described("Courses enrolled in and not left.")
    courses_completed: int = described("How many courses the person has completed.")
    total_time_spent_seconds: BigInt = described("Time spent; one activity counts for at most 4 hours.")
    average_score_percentage: Decimal | None = described(
        "The mean over assessments of the best result that is shown to the learner, 0..100. Null: none yet."
    )
    last_activity_at: datetime | None = described("When the person last did something. Null: never.")
    activity_streak: int = described(
        "Days in a row with activity up to today or yesterday, as of this moment."
    )
    learning_habits: LearningHabits = described("When the person studies.")
    refreshed_at: datetime = described("When the other numbers were computed.")
