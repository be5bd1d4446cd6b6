"""Moments and durations as ISO 8601 writes them, in the forms that xAPI, Caliper and LTI want."""

from datetime import UTC, datetime, timedelta
from typing import Literal


def moment(at: datetime, precision: Literal["milliseconds", "microseconds"] = "milliseconds") -> str:
    """Return a moment in UTC: 2026-03-01T12:00:00.000Z."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision)}Z"


def duration(lasted: timedelta) -> str:
    """Return a duration to hundredths of a second, not rounded up: PT1H2M3.45S. A negative one is none."""
    minutes, hundredths = divmod(max(lasted, timedelta(0)) // timedelta(milliseconds=10), 60 * 100)
    hours, minutes = divmod(minutes, 60)
    whole, rest = divmod(hundredths, 100)
    seconds = f"{whole}.{rest:02}".rstrip("0") if rest else f"{whole}"
    parts = {"H": f"{hours}", "M": f"{minutes}", "S": seconds}
    written = "".join(f"{number}{unit}" for unit, number in parts.items() if number != "0")
    return f"PT{written or '0S'}"
