"""Streaks of days with activity."""

from collections.abc import Set as AbstractSet
from datetime import date, timedelta

_DAY = timedelta(days=1)


def activity_streak(active_days: AbstractSet[date], *, today: date) -> int:
    """Return the number of consecutive days with activity up to today or yesterday, 0 when the last one is older.

    All dates are in the learner's own time zone. Today counts once it has activity; until then the streak stands
    as it was yesterday.
    """
    last = today if today in active_days else today - _DAY
    day = last
    while day in active_days:
        day -= _DAY
    return (last - day).days
