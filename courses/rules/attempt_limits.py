"""How many attempts a learner may make."""


def attempts_left(*, max_attempts: int, used: int) -> int:
    """Return how many attempts may still be started; an open attempt counts as used."""
    return max(0, max_attempts - used)


def may_start(*, max_attempts: int, used: int, has_open: bool) -> bool:
    """Whether starting leads to an attempt: an open one is resumed, so it never uses up another."""
    return has_open or attempts_left(max_attempts=max_attempts, used=used) > 0
