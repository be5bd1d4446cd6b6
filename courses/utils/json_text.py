"""Parsing and checking of JSON and texts from outside: for the API, Django's pages and the admin."""

import re
from typing import Any

import orjson

DEEPEST = 32
UNSTORABLE_TEXT = "A text contains U+0000 or half of a surrogate pair: please remove it."

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class InvalidJson(ValueError):  # noqa: N818 - it is the client's text, and no error of ours
    """Text that is no JSON in UTF-8. The message says so to the client."""


def decode_json(text: str | bytes, what: str) -> Any:
    """Parse a JSON text, which messages call `what`. Raises InvalidJson.

    orjson rejects bad UTF-8, lone surrogates, NaN and deep nesting by itself. Its words are not for clients: the
    message says where to look instead.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidJson(f"{what} is not valid JSON in UTF-8: look at {place}.") from None


def is_storable(text: str) -> bool:
    """Return whether PostgreSQL can store a text."""
    return _UNSTORABLE.search(text) is None


def is_storable_json(value: Any) -> bool:
    """Return whether PostgreSQL can store a value, nested at most DEEPEST levels. Walks without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        if not all(is_storable(each) for each in level if isinstance(each, str)):
            return False
        dicts = [each for each in level if isinstance(each, dict)]
        lists = [each for each in level if isinstance(each, list)]
        level = [inner for each in dicts for inner in (*each, *each.values())]
        level += [inner for each in lists for inner in each]
    return not level
