"""Statistics of learning, computed apart from the writes that change them."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from courses.mixins import TimeStampedMixin
from courses.models.catalog import Course
from courses.utils.constraints import between, json_is
from courses.utils.model_helpers import defaults_to


class StatisticsChange(models.Model):
    """Invalidation of the statistics of a course or of a person.

    Rows that statistics are computed from insert it when they change (`StatisticsInput`, among the constraints of
    their models). Writers only ever insert: no write waits for another one, or for a refresh. A refresh first deletes
    the changes it sees and then computes; one that is committed later stays for the next refresh.
    """

    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        null=True,
        related_name="statistics_changes",
        help_text="The course whose statistics are stale. Null: those of a person are.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="statistics_changes",
        help_text="The person whose statistics are stale. Null: those of a course are.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="statistics_change_is_of_one",
                condition=Q(course__isnull=True, user__isnull=False)
                | Q(course__isnull=False, user__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"A change in {self.course or self.user}"


class RefreshedMixin(models.Model):
    """Time of the last computation of statistics."""

    refreshed_at = models.DateTimeField(
        null=True, blank=True, help_text="When they were last computed. Null: never."
    )

    class Meta:
        abstract = True


class CourseStats(TimeStampedMixin, RefreshedMixin):
    """Statistics of a course, computed apart from the writes that change them."""

    course = models.OneToOneField(
        Course, on_delete=models.CASCADE, related_name="stats", help_text="The course they are about."
    )
    total_students = models.PositiveIntegerField(
        **defaults_to(0), help_text="Learners who have not withdrawn."
    )
    active_students = models.PositiveIntegerField(
        **defaults_to(0), help_text="Of these, the ones with any activity in the last 30 days."
    )
    completion_count = models.PositiveIntegerField(
        **defaults_to(0), help_text="Learners who completed the course."
    )
    average_completion_days = models.PositiveIntegerField(
        **defaults_to(0),
        help_text="Whole days from enrolling to completing, on average. 0 while nobody has completed.",
    )
    engagement_score = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        **defaults_to(Decimal(0)),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="How much learners take part, 0..100.",
    )
    assessment_stats = models.JSONField(
        **defaults_to(dict),
        blank=True,
        help_text="An object from the primary key of each assessment to its statistics.",
    )
    revenue_data = models.JSONField(
        **defaults_to(dict),
        blank=True,
        help_text="An object from each currency to gross revenue and enrollments.",
    )

    class Meta:
        verbose_name_plural = "course stats"
        constraints = [
            models.CheckConstraint(
                name="course_stats_engagement_in_range", condition=between("engagement_score", 0, 100)
            ),
            models.CheckConstraint(
                name="course_stats_assessments_are_object", condition=json_is("assessment_stats", "object")
            ),
            models.CheckConstraint(
                name="course_stats_revenue_is_object", condition=json_is("revenue_data", "object")
            ),
        ]

    def __str__(self) -> str:
        return f"Statistics of {self.course}"


class UserStats(TimeStampedMixin, RefreshedMixin):
    """Statistics of a person's learning, computed apart from the writes that change them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stats", help_text="Whose they are."
    )
    courses_enrolled = models.PositiveIntegerField(
        **defaults_to(0), help_text="Courses enrolled in and not left."
    )
    courses_completed = models.PositiveIntegerField(**defaults_to(0), help_text="Courses completed.")
    total_time_spent_seconds = models.PositiveBigIntegerField(
        **defaults_to(0),
        help_text="Time spent learning, in seconds; one activity counts for at most 4 hours.",
    )
    assessment_avg_score = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="The mean over assessments of the best percentage reached, 0..100. Null: none yet.",
    )
    last_activity = models.DateTimeField(
        null=True, blank=True, help_text="When the person last did something. Null: never."
    )
    activity_streak = models.PositiveIntegerField(
        **defaults_to(0),
        help_text="Days in a row with activity, by the person's own calendar, when last computed.",
    )
    learning_habits = models.JSONField(
        **defaults_to(dict),
        blank=True,
        help_text="An object: activity by hour and weekday, the busiest, session length.",
    )

    class Meta:
        verbose_name_plural = "user stats"
        indexes = [models.Index(fields=["activity_streak", "last_activity"], name="user_stats_by_streak")]
        constraints = [
            models.CheckConstraint(
                name="user_stats_average_in_percent", condition=between("assessment_avg_score", 0, 100)
            ),
            models.CheckConstraint(
                name="user_stats_habits_are_object", condition=json_is("learning_habits", "object")
            ),
        ]

    def __str__(self) -> str:
        return f"Statistics of {self.user}"
