"""Limits on the number of attempts."""


def attempts_left(*, max_attempts: int, used: int) -> int:
    """Return the number of attempts that may still be started; an open attempt counts as used."""
    return max(0, max_attempts - used)


def may_start(*, max_attempts: int, used: int, has_open: bool) -> bool:
    """Return whether starting leads to an attempt: an open one is resumed, so it never uses up another."""
    return has_open or attempts_left(max_attempts=max_attempts, used=used) > 0
