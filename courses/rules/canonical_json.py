"""JSON in one canonical form, so that equal values have equal digests."""

import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Return UTF-8 with no escapes for other letters, members sorted by name, no white space."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()
