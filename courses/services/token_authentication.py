"""Authentication by access token."""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from courses.models import AccessToken, User
from courses.utils.prepared import VARYING, Prepared
from courses.utils.rows import RowReader

USE_IS_NOTED_EVERY = timedelta(minutes=1)

_SECRET = re.compile(r"cat_[A-Za-z0-9_-]{16,200}")


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret in hexadecimal. A long random secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


USABLE_TOKENS = """courses_accesstoken AS token JOIN courses_user AS person ON person.id = token.user_id
    AND token.revoked_at IS NULL AND coalesce(token.expires_at > now(), TRUE) AND person.is_active"""
"""Each `token` that may be used now, with its `person`."""

NOTED_LATELY = f"token.last_used_at >= now() - interval '{USE_IS_NOTED_EVERY.total_seconds():.0f} seconds'"
"""Condition that no use of a `token` has to be noted; null for one that was never used."""

_RECOGNISE = Prepared(
    f"""
SELECT person.*, token.id AS token_id, ARRAY(SELECT jsonb_array_elements_text(token.scopes)) AS token_scopes,
    NOT coalesce({NOTED_LATELY}, FALSE) AS use_is_to_be_noted
FROM {USABLE_TOKENS} WHERE token.digest = %s
    """,  # noqa: S608 - made of constants
    [VARYING],
)
_people: RowReader[Any] = RowReader(User)


@dataclass(frozen=True)
class RecognisedToken:
    """Valid token: its primary key, the person it acts for, and its scopes."""

    pk: int
    user: User
    scopes: frozenset[str]


def digest_of_secret(secret: str) -> str | None:
    """Return the digest of what may be the secret of an access token; None for what cannot be one."""
    return digest_of(secret) if _SECRET.fullmatch(secret) else None


def recognise_access_token(*, secret: str) -> RecognisedToken | None:
    """Return the token with this secret, or None when there is none that may be used now.

    A token may be used until it is revoked or expires by the clock of the database, while its person is
    active. Its last use is noted, at most once a minute, so that reading costs no write. Every request of a
    program begins here, so the statement is written out: composing it would take longer than running it.
    """
    digest = digest_of_secret(secret)
    for person in _people.rows(_RECOGNISE, [digest]) if digest else ():
        if person.use_is_to_be_noted:
            not_noted_lately = Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - USE_IS_NOTED_EVERY)
            AccessToken.objects.filter(not_noted_lately, pk=person.token_id).update(last_used_at=Now())
        return RecognisedToken(person.token_id, person, frozenset(person.token_scopes))
    return None
