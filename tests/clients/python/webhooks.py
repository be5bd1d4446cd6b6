"""Receives a webhook: checks the signature, and takes each message once."""

import json
from collections.abc import Mapping
from typing import Any

from standardwebhooks.webhooks import Webhook

seen: set[str] = set()  # in a table of yours, with a unique column


def receive(secret: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
    """Return the event of a message, or None for one that was received before.

    `body` is what arrived, byte for byte. Raises WebhookVerificationError for a message that is not signed by the
    secret, or older than five minutes: answer it with 400.
    """
    Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    if headers["webhook-id"] in seen:
        return None
    seen.add(headers["webhook-id"])
    event: dict[str, Any] = json.loads(body)
    return event
