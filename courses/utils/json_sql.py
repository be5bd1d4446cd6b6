"""SQL of JSON's text, made of the text of its parts by concatenation: PostgreSQL's JSON functions take twice as long.

Parts that are NULL make the whole NULL: whatever may be is `null_or` its text.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import reduce

from courses.utils.sql import iso_format


def object_of(members: Mapping[str, str]) -> str:
    """Return the SQL of a JSON object's text, of the text of its members."""
    marks = ["{" if place == 0 else "," for place in range(len(members))]
    parts: list[str] = []
    for mark, (name, text) in zip(marks, members.items(), strict=True):
        parts += [f"'{mark}\"{name}\":'", text]
    return reduce(_followed_by, [*parts, "'}'"])


def _followed_by(text: str, part: str) -> str:
    """Return the SQL of a text and what comes after it; constants that meet are one, of a longer text."""
    if text.endswith("'") and part.startswith("'"):
        return f"{text[:-1]}{part[1:]}"
    return f"{text} || {part}"


def list_of(made: str, *, filtered: str = "", order: str = "") -> str:
    """Return the SQL of a JSON array's text: an aggregate of the text of its elements."""
    return f"'[' || coalesce(string_agg({made}, ','{order}){filtered}, '') || ']'"


def quoted(text: str) -> str:
    """Return the SQL of a JSON string's text, of text that needs no escapes."""
    return f"'\"' || {text} || '\"'"


def null_or(text: str) -> str:
    """Return the SQL of a text that is NULL for JSON's null."""
    return f"coalesce({text}, 'null')"


def value_of(sql: str, kind: type) -> str:
    """Return the SQL of the JSON of a value of a type, NULL for NULL."""
    if kind is str:
        return f"to_json({sql})::text"
    if kind is datetime:
        return quoted(iso_format(sql))
    return quoted(f"{sql}::text") if kind is Decimal else f"{sql}::text"
