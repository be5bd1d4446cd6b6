"""Secrets of webhook endpoints: made at random, kept encrypted, and valid side by side while one is rotated.

Signing needs the secret itself, so a digest would not do. The key of the encryption is derived from SECRET_KEY;
secrets that were encrypted under an earlier one are read by SECRET_KEY_FALLBACKS.
"""

import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import Q, QuerySet

from courses import exceptions
from courses.constants import MAX_WEBHOOK_SECRETS
from courses.models import WebhookEndpoint, WebhookSecret
from courses.rules.webhook_signatures import secret_of

KEY_BYTES = 32
OVERLAP = timedelta(hours=24)
"""Time for which an old secret goes on signing beside the new one."""


def new_secret(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    """Make a secret of an endpoint, which is locked, and return it; earlier ones end after OVERLAP.

    Raises Conflict where as many are valid as the endpoint may have.
    """
    if _valid(endpoint, now).count() >= MAX_WEBHOOK_SECRETS:
        raise exceptions.Conflict(
            f"{MAX_WEBHOOK_SECRETS} secrets of this endpoint are valid already. The oldest one ends within 24 hours."
        )
    endpoint.secrets.filter(expires_at=None).update(expires_at=now + OVERLAP)
    secret = secret_of(secrets.token_bytes(KEY_BYTES))
    WebhookSecret.objects.create(endpoint=endpoint, encrypted=_cipher().encrypt(secret.encode()).decode())
    return secret


def valid_secrets(endpoint: WebhookEndpoint, *, now: datetime) -> list[str]:
    """Return the secrets that sign now, the newest first; without those that no key of the settings can decrypt."""
    return [
        secret for each in _valid(endpoint, now).order_by("-pk") if (secret := _decrypted(each)) is not None
    ]


def _valid(endpoint: WebhookEndpoint, now: datetime) -> QuerySet[WebhookSecret]:
    return endpoint.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=now))


def _decrypted(secret: WebhookSecret) -> str | None:
    try:
        return _cipher().decrypt(secret.encrypted.encode()).decode()
    except InvalidToken:
        return None


def _cipher() -> MultiFernet:
    return MultiFernet([_fernet(str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@cache
def _fernet(secret_key: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"courses webhook secrets").derive(
        secret_key.encode()
    )
    return Fernet(urlsafe_b64encode(derived))
