"""People, and the tokens of their programs: for those who have Django's permissions for accounts."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from courses import models
from courses.admin.base import RecordAdmin
from courses.policies.participation import is_platform_staff
from courses.services.access_tokens import revoke_access_token


@admin.register(models.User)
class PersonAdmin(UserAdmin):
    """Find people, make accounts, and say who is staff. An account is switched off, never deleted."""

    list_display = ("username", "display_name", "email", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups", "date_joined")
    search_fields = ("username", "display_name", "email")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        ("On this platform", {"fields": ("display_name", "time_zone", "is_vouched_for")}),
    )

    def save_model(self, request: HttpRequest, obj: models.User, form: ModelForm, change: bool) -> None:
        """Store a person. Whoever makes an account here vouches for its person."""
        if not change:
            obj.is_vouched_for = True
        super().save_model(request, obj, form, change)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_platform_staff(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_platform_staff(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.AccessToken)
class AccessTokenAdmin(RecordAdmin):
    """Find tokens, and end those that are no longer safe. Not even their digests are shown."""

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
        """End them at once."""
        for token in tokens:
            revoke_access_token(owner=token.user, token_id=token.pk)
        self.message_user(request, f"{len(tokens)} access tokens were revoked.", messages.SUCCESS)
