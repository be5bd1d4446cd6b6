"""What the work of learners adds up to. The numbers are computed, so nobody edits them."""

from django.contrib import admin

from courses import models
from courses.admin.base import RecordAdmin


@admin.register(models.CourseStats)
class CourseStatsAdmin(RecordAdmin):
    """The statistics of courses."""

    list_display = ("course", "total_students", "active_students", "completion_count", "engagement_score")
    list_filter = ("refreshed_at",)
    list_select_related = ("course",)
    search_fields = ("course__title", "course__slug")


@admin.register(models.UserStats)
class UserStatsAdmin(RecordAdmin):
    """The statistics of people."""

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
    """What the statistics do not count yet."""

    list_display = ("pk", "course", "user")
    list_filter = ("course",)
    list_select_related = ("course", "user")
    search_fields = ("course__title", "user__username")
