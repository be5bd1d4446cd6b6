"""Personal access tokens: creation and revocation."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from courses import exceptions
from courses.constants import TOKEN_PREFIX, Scope
from courses.models import AccessToken, User
from courses.rules.words import trimmed
from courses.services.token_authentication import digest_of
from courses.utils.clock import database_now

SHOWN_CHARACTERS = 8
"""Number of random characters of a secret that stay visible, so that its owner can tell tokens apart."""


@dataclass(frozen=True)
class NewAccessToken:
    """Token with its secret, which is known only now: the database keeps a digest."""

    token: AccessToken
    secret: str


@transaction.atomic
def create_access_token(
    *, owner: User, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> NewAccessToken:
    """Create a token limited to `scopes` and to the rights of its owner.

    Raises Invalid for a scope that does not exist or a moment that has passed, ValidationError for the name.
    """
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise exceptions.Invalid(f"Choose scopes among {', '.join(Scope.values)}.", field=["scopes"])
    if expires_at is not None and expires_at <= database_now():
        raise exceptions.Invalid("Choose a moment in the future.", field=["expiresAt"])
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = AccessToken(
        user=owner,
        name=trimmed(name),
        prefix=secret[: len(TOKEN_PREFIX) + SHOWN_CHARACTERS],
        digest=digest_of(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    token.full_clean()
    token.save()
    return NewAccessToken(token, secret)


@transaction.atomic
def revoke_access_token(*, owner: User, token_id: int) -> AccessToken:
    """Revoke a token at once. Idempotent. Raises NotFound."""
    token = AccessToken.objects.select_for_update().filter(pk=token_id, user=owner).first()
    if token is None:
        raise exceptions.NotFound(field=["accessTokenId"])
    if token.revoked_at is None:
        token.revoked_at = database_now()
        token.save(update_fields=["revoked_at", "updated_date"])
    return token
