"""Authentication by access token."""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection

from courses.models import User
from courses.services.cost_buckets import DRAWING, NOT_DRAWING, Draw, drawing, drawn
from courses.utils.prepared import VARYING, Prepared
from courses.utils.rows import row_of
from courses.utils.short_transactions import write_now

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

_TO_BE_NOTED = f"NOT coalesce({NOTED_LATELY}, FALSE)"

_PERSON = [field.attname for field in User._meta.concrete_fields]
"""Attributes of a person, which are named like their columns, and hold what PostgreSQL gives."""


def _recognising(drawn: str) -> Prepared:
    return Prepared(
        f"""
WITH recognised AS MATERIALIZED (
    SELECT {", ".join(f"person.{column}" for column in _PERSON)}, token.id AS token_id,
        ARRAY(SELECT jsonb_array_elements_text(token.scopes)) AS token_scopes,
        {_TO_BE_NOTED} AS use_is_to_be_noted
    FROM {USABLE_TOKENS} WHERE token.digest = %s
), drawing (owner, points, size, rate) AS (
    SELECT 'user:' || id, %s::numeric, %s::numeric, %s::numeric FROM recognised
), drawn AS ({drawn})
SELECT recognised.*, spent, is_granted, measured_at FROM recognised CROSS JOIN drawn
        """,  # noqa: S608 - made of constants
        [VARYING] * 4,
    )


_NOTE_USE = Prepared(
    f"UPDATE courses_accesstoken AS token SET last_used_at = now() WHERE token.id = %s::bigint AND {_TO_BE_NOTED}",  # noqa: S608
    [VARYING],
)

_RECOGNISING = {True: _recognising(DRAWING), False: _recognising(NOT_DRAWING)}


@dataclass(frozen=True)
class RecognisedToken:
    """Valid token: its primary key, the person it acts for, its scopes, and what was drawn from the person's bucket."""

    pk: int
    user: User
    scopes: frozenset[str]
    draw: Draw


def digest_of_secret(secret: str) -> str | None:
    """Return the digest of what may be the secret of an access token; None for what cannot be one."""
    return digest_of(secret) if _SECRET.fullmatch(secret) else None


def recognise_access_token(*, secret: str, points: int | None = None) -> RecognisedToken | None:
    """Return the token with this secret, or None when there is none that may be used now.

    A token may be used until it is revoked or expires by the clock of the database, while its person is
    active. Its last use is noted, at most once a minute, so that reading costs no write. The same statement draws
    `points` from the person's bucket, where rates are limited. Every request of a program begins here, so it is
    written out: composing it would take longer than running it.
    """
    digest = digest_of_secret(secret)
    if digest is None:
        return None
    statement = _RECOGNISING[points is not None and settings.RATE_LIMIT]
    with connection.cursor() as cursor:
        statement.execute(cursor, [digest, *drawing(owner=None, points=points or 0)[1:]])
        found = cursor.fetchone()
    if found is None:
        return None
    *person, pk, scopes, use_is_to_be_noted, spent, is_granted, measured_at = found
    if use_is_to_be_noted:
        write_now(_NOTE_USE, [pk])
    user = row_of(User, dict(zip(_PERSON, person, strict=True)))
    return RecognisedToken(pk, user, frozenset(scopes), drawn(points or 0, spent, is_granted, measured_at))
