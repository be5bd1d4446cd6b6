"""Exports of people and partners."""

from django.contrib import admin

from courses import models
from courses.admin.base import RecordAdmin, stored


@admin.register(models.Export)
class ExportAdmin(RecordAdmin):
    """Read-only list of exports: who may download what, and for how long."""

    list_display = (
        "id",
        stored("kind"),
        "user",
        "principal",
        stored("status"),
        "object_count",
        "created_date",
        "expires_at",
    )
    list_filter = ("status", "kind", "created_date")
    list_select_related = ("user",)
    search_fields = ("user__username", "principal")
