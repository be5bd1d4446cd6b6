"""Notes that the staff of the platform may read: public ones. Private ones are their owners' alone."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from courses import models
from courses.admin.base import RecordAdmin
from courses.policies.notes import may_see_note


@admin.register(models.Note)
class NoteAdmin(RecordAdmin):
    """Read-only list of public notes."""

    list_display = ("__str__", "user", "lesson", "is_private", "created_date")
    list_filter = ("is_private", "created_date")
    list_select_related = ("user", "lesson")
    search_fields = ("content", "user__username", "lesson__title")

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Note]:
        return super().get_queryset(request).filter(may_see_note(request.user))
