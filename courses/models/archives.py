"""Remains of archived activity: as much as statistics need, and no more."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from courses.mixins import TimeStampedMixin
from courses.models.catalog import Course
from courses.utils.statistics_inputs import StatisticsInput


class ActivityArchive(TimeStampedMixin):
    """A file that old activity was moved to, which brings it back when it is restored."""

    digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the archived rows, in hexadecimal."
    )
    before = models.DateTimeField(help_text="Everything in it was done before this moment.")
    row_count = models.PositiveBigIntegerField(help_text="How many activities it holds.")

    class Meta:
        verbose_name_plural = "activity archives"

    def __str__(self) -> str:
        return f"{self.row_count} activities before {self.before:%Y-%m-%d}"


class ArchivedSession(models.Model):
    """A study session whose activities were archived, counted exactly enough for any time zone."""

    archive = models.ForeignKey(
        ActivityArchive, on_delete=models.CASCADE, related_name="sessions", help_text="Where they went."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="archived_sessions",
        help_text="Who studied.",
    )
    started = models.DateTimeField(help_text="When its first activity was.")
    ended = models.DateTimeField(help_text="When its last activity was.")
    time_spent_seconds = models.PositiveBigIntegerField(
        help_text="Time spent in it, in seconds; one activity counts for at most 4 hours."
    )
    activity_counts = ArrayField(
        models.PositiveIntegerField(),
        help_text="How many activities each quarter of an hour has, from the one in which it started.",
    )

    class Meta:
        indexes = [models.Index(fields=["user", "-ended"], name="archived_session_by_user")]
        constraints = [
            StatisticsInput(
                name="archived_session_in_statistics",
                owners=["user"],
                columns=["user", "started", "ended", "time_spent_seconds", "activity_counts"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.started:%Y-%m-%d %H:%M}"


class ArchivedParticipation(models.Model):
    """Last activity of a person in a course, as far as that was archived."""

    archive = models.ForeignKey(
        ActivityArchive,
        on_delete=models.CASCADE,
        related_name="participations",
        help_text="Where the activity went.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="archived_participations",
        help_text="Who was active.",
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        related_name="archived_participations",
        help_text="In which course.",
    )
    last_activity = models.DateTimeField(help_text="When the last archived activity in it was.")

    class Meta:
        indexes = [
            models.Index(fields=["course", "user", "-last_activity"], name="archived_participation_last")
        ]
        constraints = [
            StatisticsInput(
                name="archived_participation_in_statistics",
                owners=["course"],
                columns=["user", "course", "last_activity"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.course}"
