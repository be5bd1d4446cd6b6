"""Accommodations: granted and revoked by the services, one learner at a time."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from courses import models
from courses.admin.base import WrittenAdmin, changed
from courses.services import accommodations as services


@admin.register(models.Accommodation)
class AccommodationAdmin(WrittenAdmin):
    """Granting, changing and revoking of accommodations."""

    list_display = (
        "user",
        "course",
        "assessment",
        "time_factor",
        "extra_minutes",
        "extra_attempts",
        "granted_by",
    )
    list_filter = ("may_retake_after_key", "created_date")
    list_select_related = ("user", "course", "assessment", "granted_by")
    search_fields = ("user__username", "user__display_name", "course__title", "assessment__title", "reason")
    raw_id_fields = ("user", "course", "assessment")
    exclude = ("granted_by",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Accommodation | None = None
    ) -> tuple[str, ...]:
        return ("user", "course", "assessment") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: models.Accommodation) -> None:
        services.revoke_accommodation(author=request.user, accommodation_id=obj.pk)

    def write(
        self, request: HttpRequest, obj: models.Accommodation, form: ModelForm, formsets: list[Any]
    ) -> models.Accommodation:
        settings = changed(form)
        for name in ("user", "course", "assessment"):
            settings.pop(name, None)
        [outcome] = services.grant_accommodation(
            author=request.user,
            learner_ids=[obj.user_id],
            course_id=obj.course_id,
            assessment_id=obj.assessment_id,
            **settings,
        )
        if outcome.refusal:
            raise outcome.refusal
        return models.Accommodation(pk=outcome.accommodation_id)
