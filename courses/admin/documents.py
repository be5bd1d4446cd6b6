"""Documents that clients name instead of sending them."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from courses import models
from courses.admin.base import RecordAdmin
from courses.policies.participation import is_platform_staff


@admin.register(models.PersistedQuery)
class PersistedQueryAdmin(RecordAdmin):
    """Read-only list of the documents that clients registered with their hashes."""

    list_display = ("digest", "used_at")
    list_filter = ("used_at",)
    search_fields = ("digest", "text")


@admin.register(models.TrustedDocument)
class TrustedDocumentAdmin(RecordAdmin):
    """List of trusted documents, from which those of old clients can be deleted."""

    list_display = ("document_id", "created_date")
    list_filter = ("created_date",)
    search_fields = ("document_id", "text")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_platform_staff(request.user)
