"""People, and the tokens of their programs: for those who have Django's permissions for accounts."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from courses import models
from courses.admin.base import RecordAdmin, said
from courses.policies.participation import is_platform_staff
from courses.services.access_tokens import revoke_access_token
from courses.services.erasure import effects_of_erasing, erase_person


@admin.register(models.User)
class PersonAdmin(UserAdmin):
    """Accounts and staff rights. Deleting an account erases it: the stub stays."""

    list_display = ("username", "display_name", "email", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups", "date_joined")
    search_fields = ("username", "display_name", "email")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("On this platform", {"fields": ("display_name", "time_zone", "is_vouched_for")}),
    )

    def save_model(self, request: HttpRequest, obj: models.User, form: ModelForm, change: bool) -> None:
        """Store a person. The creator of an account here vouches for its person."""
        if not change:
            obj.is_vouched_for = True
        super().save_model(request, obj, form, change)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_platform_staff(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_platform_staff(request.user)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Return the rows to delete; the stub and its references stay. Permission is for the service to decide."""
        effects = [(person, effects_of_erasing(person=person)) for person in objs]
        lines = [
            line
            for person, effect in effects
            for line in (str(person), [f"{count} {kind}" for kind, count in effect.goes.items()])
        ]
        return lines, {"accounts": len(effects)}, set(), []

    def delete_model(self, request: HttpRequest, obj: models.User) -> None:
        erase_person(person=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[models.User]) -> None:
        """Erase all of them or none."""
        for person in queryset:
            erase_person(person=person)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the question whether to erase, with a refusal shown."""
        return said(self, request, lambda: super(PersonAdmin, self).delete_view(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Return the list, with refusals of its actions shown."""
        return said(self, request, lambda: super(PersonAdmin, self).changelist_view(request, extra_context))


@admin.register(models.AccessToken)
class AccessTokenAdmin(RecordAdmin):
    """List of tokens, which can be revoked. Not even their digests are shown."""

    list_display = ("prefix", "name", "user", "created_date", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("created_date", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("prefix", "name", "user__username")
    exclude = ("digest",)
    actions = ("revoke",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("courses.view_accesstoken")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("courses.change_accesstoken")

    @admin.action(description="Revoke the selected access tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[models.AccessToken]) -> None:
        """Revoke the selected tokens at once."""
        for token in tokens:
            revoke_access_token(owner=token.user, token_id=token.pk)
        self.message_user(request, f"{len(tokens)} access tokens were revoked.", messages.SUCCESS)
