"""Validators of single values, for fields that need more than Django's own.

Each raises `ValidationError` with a sentence that says what would be accepted. Rules of stored rows also stand
as CHECK constraints beside the model, because saving runs no validator.
"""

import json
import re
import zoneinfo
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, URLValidator

from courses.constants import MAX_ACTIVITY_DATA_BYTES, MAX_ACTIVITY_DATA_DEPTH, MAX_TAG_LENGTH, MAX_TAGS
from courses.rules.words import folded, is_blank, visible_length

HTTPS_URL_PATTERN = r"^https://[^\s\\]+$"
"""Absolute https address, its scheme in small letters."""

ACTION_URL_PATTERN = r"^(https://[^\s\\]+|/([^/\s\\][^\s\\]*)?)?$"
"""Nothing, an https address, or a path on this site, which `//host` and `/\\host` would leave."""


def validate_not_blank(value: str) -> None:
    """Reject a text without visible characters: white space, and characters without a shape."""
    if is_blank(value):
        raise ValidationError("This field cannot be blank.", code="blank")


class MinVisibleLengthValidator(MinLengthValidator):
    """Minimum number of visible characters of a text."""

    def clean(self, x: Any) -> int:
        """Return the number to compare with the limit."""
        return visible_length(x)


def validate_percentage(value: int) -> None:
    """Reject a number outside 0..100."""
    MinValueValidator(0)(value)
    MaxValueValidator(100)(value)


def validate_https_url(value: str) -> None:
    """Reject everything but an absolute https address."""
    is_absolute = URLValidator(schemes=["https"], message="Please give an address that begins with https://.")
    is_absolute(value)
    if not re.fullmatch(HTTPS_URL_PATTERN, value) or value.endswith("\n"):
        raise ValidationError("Please give an address that begins with https://.")


def validate_action_url(value: str) -> None:
    """Reject everything but an https address or a path on this site such as `/courses/1`."""
    if value.startswith("https://"):
        validate_https_url(value)
    if not re.fullmatch(ACTION_URL_PATTERN, value) or value.endswith("\n"):
        raise ValidationError("Please give an https address or a path that begins with one slash.")


def validate_time_zone(value: str) -> None:
    """Reject a name that is not in the time zone database, such as `Europe/Berlin` is."""
    if value == "localtime" or value not in zoneinfo.available_timezones():  # PostgreSQL knows no such zone
        raise ValidationError("Please give the name of a time zone, for example Europe/Berlin.")


def validate_tags(value: Any) -> None:
    """Reject anything but at most 10 different trimmed texts of 1..50 characters."""
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise ValidationError("Please give the tags as a list of texts.")
    if len(value) > MAX_TAGS:
        raise ValidationError(f"Please give at most {MAX_TAGS} tags.", code="too_many_tags")
    if any(tag != tag.strip() or is_blank(tag) or len(tag) > MAX_TAG_LENGTH for tag in value):
        raise ValidationError(f"Please give tags of 1 to {MAX_TAG_LENGTH} characters without spaces around.")
    if len(set(map(folded, value))) < len(value):
        raise ValidationError("Please give each tag once.")


def validate_activity_data(value: Any) -> None:
    """Reject anything but a JSON object of at most 4 KB, nested at most 5 deep."""
    if not isinstance(value, dict):
        raise ValidationError("Please give a JSON object.")
    if _depth(value) > MAX_ACTIVITY_DATA_DEPTH:
        raise ValidationError(f"Please nest at most {MAX_ACTIVITY_DATA_DEPTH} levels deep.")
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError) as error:
        raise ValidationError("Please give values that JSON can hold.") from error
    if size > MAX_ACTIVITY_DATA_BYTES:
        raise ValidationError(f"Please give at most {MAX_ACTIVITY_DATA_BYTES} bytes.")


def _depth(value: Any) -> int:
    """Return the depth of nested containers, counting no further than the limit."""
    deepest, level = 0, [value]
    while level and deepest <= MAX_ACTIVITY_DATA_DEPTH:
        containers = [item for item in level if isinstance(item, dict | list)]
        deepest += bool(containers)
        level = [
            child
            for container in containers
            for child in (container.values() if isinstance(container, dict) else container)
        ]
    return deepest
