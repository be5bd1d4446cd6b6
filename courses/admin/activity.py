"""Activity, notifications, and archives of activity."""

from django.contrib import admin

from courses import models
from courses.admin.base import RecordAdmin


@admin.register(models.UserActivity)
class UserActivityAdmin(RecordAdmin):
    """Read-only list of activity."""

    list_display = ("user", "activity_type", "course", "lesson", "assessment", "created_date")
    list_filter = ("activity_type", "course", "created_date")
    list_select_related = ("user", "course", "lesson", "assessment")
    search_fields = ("user__username", "course__title", "lesson__title")


@admin.register(models.Notification)
class NotificationAdmin(RecordAdmin):
    """Read-only list of notifications."""

    list_display = ("title", "user", "notification_type", "course", "is_read", "created_date")
    list_filter = ("notification_type", "is_read", "created_date")
    list_select_related = ("user", "course")
    search_fields = ("title", "message", "user__username")


@admin.register(models.ActivityArchive)
class ActivityArchiveAdmin(RecordAdmin):
    """Read-only list of the files that hold old activity."""

    list_display = ("digest", "before", "row_count", "created_date")
    list_filter = ("before", "created_date")
    search_fields = ("digest",)


@admin.register(models.ArchivedSession)
class ArchivedSessionAdmin(RecordAdmin):
    """Read-only list of study sessions, as far as their activity was archived."""

    list_display = ("user", "started", "ended", "time_spent_seconds", "archive")
    list_filter = ("started",)
    list_select_related = ("user", "archive")
    search_fields = ("user__username",)


@admin.register(models.ArchivedParticipation)
class ArchivedParticipationAdmin(RecordAdmin):
    """Read-only list of last activity in courses, as far as it was archived."""

    list_display = ("user", "course", "last_activity", "archive")
    list_filter = ("course", "last_activity")
    list_select_related = ("user", "course", "archive")
    search_fields = ("user__username", "course__title")
