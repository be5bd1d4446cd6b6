"""Receipts of attempts: a digest by which either side can prove what was handed in."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class ReceiptEntry(TypedDict):
    """Entry of a receipt: one question's ids as clients know them, and the response as they read it, or None."""

    attempt: str
    question: str
    response: Mapping[str, Any] | None


def digest(entries: Sequence[ReceiptEntry]) -> str:
    """Return the SHA-256, in hexadecimal, of the entries as canonical JSON, in question order.

    Canonical is: UTF-8 with no escapes for other letters, members sorted by name, no white space.
    """
    canonical = json.dumps(
        list(entries), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
