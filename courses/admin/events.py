"""The event feed and its outbox, which nobody edits here."""

from django.contrib import admin

from courses import models
from courses.admin.base import RecordAdmin, stored


@admin.register(models.Event)
class EventAdmin(RecordAdmin):
    """Read-only list of the feed, the newest first."""

    list_display = ("id", stored("type"), "occurred_at", "subject_id", "course_id", "learner_id", "revision")
    list_filter = ("type", "occurred_at")
    search_fields = ("=subject_id", "=course_id", "=learner_id")
    ordering = ("-id",)


@admin.register(models.PendingEvent)
class PendingEventAdmin(RecordAdmin):
    """Read-only list of what waits to be moved to the feed."""

    list_display = ("id", stored("type"), "occurred_at", "subject_id", "course_id", "learner_id", "revision")
    list_filter = ("type",)
    search_fields = ("=subject_id", "=course_id", "=learner_id")
    ordering = ("id",)
