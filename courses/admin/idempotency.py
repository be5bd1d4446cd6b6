"""Idempotency keys that are remembered."""

from django.contrib import admin

from courses import models
from courses.admin.base import RecordAdmin


@admin.register(models.IdempotencyKey)
class IdempotencyKeyAdmin(RecordAdmin):
    """Read-only list of the mutations that were carried out with a key."""

    list_display = ("created_at", "mutation", "user", "partner")
    list_filter = ("created_at",)
    list_select_related = ("user",)
    search_fields = ("mutation", "user__username", "partner")
