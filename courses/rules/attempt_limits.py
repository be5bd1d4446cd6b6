"""Limits on attempts: their number, and their time."""

from datetime import datetime, timedelta


def attempts_left(*, max_attempts: int, used: int) -> int:
    """Return the number of attempts that may still be started; an open attempt counts as used."""
    return max(0, max_attempts - used)


def may_start(*, max_attempts: int, used: int, has_open: bool) -> bool:
    """Return whether starting leads to an attempt: an open one is resumed, so it never uses up another."""
    return has_open or attempts_left(max_attempts=max_attempts, used=used) > 0


def deadline(start: datetime, *, time_limit: int, closes_at: datetime | None) -> datetime | None:
    """Return the earlier of the end of the time limit, in minutes, 0 for none, and the close; None without either."""
    over = start + timedelta(minutes=time_limit) if time_limit else None
    return min((moment for moment in (over, closes_at) if moment), default=None)
