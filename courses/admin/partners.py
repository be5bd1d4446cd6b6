"""Partners, who act for people by OAuth, and the tokens they were given."""

import re
from typing import Any

from allauth.idp.oidc import admin as theirs
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client, Token
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models

from courses import models as ours
from courses.admin.base import RecordAdmin
from courses.admin.json_fields import CheckedJSONField
from courses.services.partner_tokens import PARTNER_SCOPES

_CHECKED_JSON: Any = {models.JSONField: {"form_class": CheckedJSONField}}


_SCOPES = DefaultOIDCAdapter.scope_display | {scope.value: scope.label for scope in PARTNER_SCOPES}
_GRANT_TYPES = (
    Client.GrantType.AUTHORIZATION_CODE,
    Client.GrantType.CLIENT_CREDENTIALS,
    Client.GrantType.REFRESH_TOKEN,
)


class LinesField(forms.MultipleChoiceField):
    """Choices of which the column keeps one a line."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return "\n".join(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class PartnerForm(forms.ModelForm):
    """Form of a client, whose id must survive every encoding unchanged."""

    scopes = LinesField(
        choices=[(name, f"{name}: {label}") for name, label in _SCOPES.items()],
        initial="openid",
        help_text="What the client may ask for. What is taken away is taken from its tokens at once.",
    )
    default_scopes = LinesField(
        choices=scopes.choices,
        required=False,
        help_text="What it gets when it asks for nothing in particular.",
    )
    grant_types = LinesField(
        choices=[(grant.value, grant.label) for grant in _GRANT_TYPES],
        initial=Client.GrantType.AUTHORIZATION_CODE,
        help_text="How it gets its tokens. With authorization codes, refresh tokens too, as a rule.",
    )

    def clean_default_scopes(self) -> str:
        """Reject a scope that the client may not ask for."""
        scopes: str = self.cleaned_data["default_scopes"]
        if not set(scopes.split()) <= set(self.cleaned_data.get("scopes", "").split()):
            raise ValidationError("Please choose among the scopes of the client.")
        return scopes

    def clean_id(self) -> str:
        """Reject letters that some clients encode in `Authorization: Basic` and others do not (RFC 6749, 2.3.1)."""
        client_id: str = self.cleaned_data["id"]
        if not re.fullmatch(r"[A-Za-z0-9._~-]+", client_id):
            raise ValidationError("Please use only letters A to Z, digits and the signs - . _ ~ in the id.")
        return client_id


admin.site.unregister([Client, Token])


@admin.register(Client)
class PartnerAdmin(theirs.ClientAdmin):
    """Registration of partners. Their secrets are generated here, shown once, and never typed."""

    form = PartnerForm
    formfield_overrides = _CHECKED_JSON


@admin.register(Token)
class PartnerTokenAdmin(theirs.TokenAdmin):
    """Tokens of partners; deleting one revokes it."""

    formfield_overrides = _CHECKED_JSON


@admin.register(ours.PartnerGrant)
class PartnerGrantAdmin(RecordAdmin):
    """Read-only list of grants, with those revoked because a one-time secret was reused."""

    list_display = ("id", "created_date", "ended_at")
    list_filter = ("created_date", "ended_at")
    search_fields = ("secrets__digest",)


@admin.register(ours.GrantedSecret)
class GrantedSecretAdmin(RecordAdmin):
    """Read-only list of secrets, to find the grant of a digest."""

    list_display = ("digest", "grant", "works_once", "expires_at")
    list_filter = ("works_once", "expires_at")
    list_select_related = ("grant",)
    search_fields = ("digest",)
