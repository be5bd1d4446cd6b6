"""Credentials by which webhook endpoints are made: what they may be made for, and whether they still hold.

An endpoint acts for its owner as long as whatever made it could: it ends with the access token, or with the access of
the partner. One that was made in a browser session ends with the account only.
"""

from dataclasses import dataclass

from allauth.idp.oidc.models import Client, Token

from courses import exceptions
from courses.constants import EventFormat, Scope
from courses.models import AccessToken, WebhookEndpoint
from courses.services.partner_tokens import PARTNER_SCOPES
from courses.utils.clock import not_expired


@dataclass(frozen=True)
class Credentials:
    """Credentials of a request: its scopes, None for a browser session; and its access token or partner, if any."""

    scopes: frozenset[str] | None = None
    access_token: int | None = None
    partner: str = ""


def needed_scopes(format: str) -> frozenset[str]:
    """Return the scopes that sending in a format needs: renderings tell what was answered and earned."""
    return frozenset(
        {Scope.EVENTS_READ} if format == EventFormat.NATIVE else {Scope.EVENTS_READ, Scope.ATTEMPTS_READ}
    )


def refuse_format(credentials: Credentials, format: str, *, field: list[str] | None = None) -> None:
    """Raise TokenScopeMissing where the credentials may not read what is sent in a format."""
    if credentials.scopes is not None and (missing := needed_scopes(format) - credentials.scopes):
        raise exceptions.TokenScopeMissing(
            f"This token lacks the scope `{min(missing)}`: make one that has it.", field=field
        )


def reason_against(endpoint: WebhookEndpoint) -> str:
    """Return why the endpoint may not act for its owner any more; nothing where it may."""
    if not endpoint.user.is_active:
        return "The account of its owner is not active."
    if endpoint.access_token_id is not None:
        return _lacking(
            _scopes_of_token(endpoint, endpoint.access_token_id),
            endpoint,
            "The access token by which it was set up",
        )
    if endpoint.partner:
        return _lacking(_scopes_of_partner(endpoint), endpoint, "The partner's access by which it was set up")
    return ""


def _lacking(scopes: set[str], endpoint: WebhookEndpoint, credential: str) -> str:
    if not scopes:
        return f"{credential} has ended."
    missing = needed_scopes(endpoint.format) - scopes
    return f"{credential} lacks the scope {min(missing)}." if missing else ""


def _scopes_of_token(endpoint: WebhookEndpoint, token_id: int) -> set[str]:
    tokens = AccessToken.objects.filter(not_expired(), pk=token_id, user=endpoint.user, revoked_at=None)
    return {scope for token in tokens for scope in token.scopes}


def _scopes_of_partner(endpoint: WebhookEndpoint) -> set[str]:
    """Return what the partner may do now: by any of its tokens for the owner, or as the owner's own client."""
    client = Client.objects.filter(pk=endpoint.partner).first()
    if client is None:
        return set()
    scopes = set(client.get_scopes()) & set(PARTNER_SCOPES)
    if client.owner_id == endpoint.user_id:
        return scopes
    tokens = Token.objects.filter(
        not_expired(),
        type__in=(Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN),
        client=client,
        user=endpoint.user,
    )
    return scopes & {scope for token in tokens for scope in token.get_scopes()}
