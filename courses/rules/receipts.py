"""Receipts of attempts: a digest by which either side can prove what was handed in."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from courses.rules.canonical_json import canonical_json


class ReceiptEntry(TypedDict):
    """Entry of a receipt: one question's ids as clients know them, and the response as they read it, or None.

    From format 2 on it holds what was `asked` as well, as clients read it.
    """

    attempt: str
    question: str
    response: Mapping[str, Any] | None
    asked: NotRequired[Mapping[str, Any]]


def digest(entries: Sequence[ReceiptEntry]) -> str:
    """Return the SHA-256, in hexadecimal, of the entries as canonical JSON, in question order."""
    return hashlib.sha256(canonical_json(list(entries))).hexdigest()
