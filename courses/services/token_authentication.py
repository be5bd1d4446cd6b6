"""Recognising the secret of an access token."""

import hashlib
import re
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from courses.models import AccessToken

USE_IS_NOTED_EVERY = timedelta(minutes=1)

_SECRET = re.compile(r"cat_[A-Za-z0-9_-]{16,200}")


def digest_of(secret: str) -> str:
    """What is stored of a secret: its SHA-256 in hexadecimal. A long random secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def recognise_access_token(*, secret: str) -> AccessToken | None:
    """The token with this secret and its person, or None when there is none that may be used now.

    A token may be used until it is revoked or expires by the clock of the database, while its person is
    active. Its last use is noted, at most once a minute, so that reading costs no write.
    """
    if not _SECRET.fullmatch(secret):
        return None
    token = (
        AccessToken.objects.select_related("user")
        .filter(digest=digest_of(secret), revoked_at__isnull=True, user__is_active=True)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))
        .first()
    )
    if token is not None:
        not_noted_lately = Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - USE_IS_NOTED_EVERY)
        AccessToken.objects.filter(not_noted_lately, pk=token.pk).update(last_used_at=Now())
    return token
