"""Signatures of webhooks by Standard Webhooks 1.0.0, so that receivers can check them with its published libraries."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105 - what all secrets begin with
KEY_BYTES = range(24, 64 + 1)
"""Lengths that the standard allows for a key."""


def secret_of(key: bytes) -> str:
    """Return the secret that is shown to the receiver for a random key of 24 to 64 bytes; else ValueError."""
    if len(key) not in KEY_BYTES:
        raise ValueError(f"A key has {KEY_BYTES[0]} to {KEY_BYTES[-1]} bytes, not {len(key)}.")
    return SECRET_PREFIX + b64encode(key).decode("ascii")


def signature_headers(
    message_id: str, sent_at: datetime, body: bytes, secrets: Sequence[str]
) -> dict[str, str]:
    """Return the three headers of a try made at `sent_at`: a signature by each secret, of which there are
    several while one is being rotated.

    Raises ValueError for an id with a full stop: that ends the id in what is signed.
    """
    if "." in message_id or not message_id.isascii():
        raise ValueError("The id of a message has neither full stops nor letters beyond ASCII.")
    timestamp = str(int(sent_at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode("ascii") + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return "v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
