"""Statistics. They are computed, so nobody edits them."""

from django.contrib import admin

from courses import models
from courses.admin.base import RecordAdmin


@admin.register(models.CourseStats)
class CourseStatsAdmin(RecordAdmin):
    """Read-only list of the statistics of courses."""

    list_display = ("course", "total_students", "active_students", "completion_count", "engagement_score")
    list_filter = ("refreshed_at",)
    list_select_related = ("course",)
    search_fields = ("course__title", "course__slug")


@admin.register(models.UserStats)
class UserStatsAdmin(RecordAdmin):
    """Read-only list of the statistics of people."""

    list_display = (
        "user",
        "courses_enrolled",
        "courses_completed",
        "assessment_avg_score",
        "activity_streak",
    )
    list_filter = ("refreshed_at", "last_activity")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__display_name")


@admin.register(models.StatisticsChange)
class StatisticsChangeAdmin(RecordAdmin):
    """Read-only list of invalidations that wait for a refresh."""

    list_display = ("pk", "course", "user")
    list_filter = ("course",)
    list_select_related = ("course", "user")
    search_fields = ("course__title", "user__username")
