"""Authentication by the access tokens that partners get by OAuth."""

import re
from dataclasses import dataclass

from allauth.idp.oidc.models import Token

from courses.constants import Scope
from courses.models import User
from courses.utils.clock import not_expired

PARTNER_SCOPES = tuple(scope for scope in Scope if scope is not Scope.TOKENS_WRITE)
"""Scopes that a partner may get. No access tokens: one would outlive the access that a person withdraws."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{40,200}")


@dataclass(frozen=True)
class PartnerToken:
    """Scopes of a partner, and the person it acts for: None for a client that nobody owns."""

    client_id: str
    person: User | None
    scopes: frozenset[str]


def recognise_partner_token(*, secret: str) -> PartnerToken | None:
    """Return the partner's access with this secret, or None when there is none that may be used now.

    A token acts for the person who granted it, and one of client credentials for the client's owner. Scopes that
    were taken from the client since do not count.
    """
    if not _SECRET.fullmatch(secret):
        return None
    tokens = Token.objects.by_value(secret)
    tokens = tokens.filter(not_expired(), type=Token.Type.ACCESS_TOKEN, client__isnull=False)
    token = tokens.select_related("user", "client__owner").first()
    if token is None:
        return None
    person = token.user or token.client.owner
    if person is not None and not person.is_active:
        return None
    scopes = frozenset(PARTNER_SCOPES) & set(token.get_scopes()) & set(token.client.get_scopes())
    return PartnerToken(token.client_id, person, frozenset(str(scope) for scope in scopes))
