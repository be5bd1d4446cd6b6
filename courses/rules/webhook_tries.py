"""Tries of a webhook: the distances between them, and what a receiver may ask for."""

from datetime import datetime, timedelta

DISTANCES = (
    timedelta(),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Time from the failure of a try to the next one, as the schedule in Standard Webhooks has it: its column `Delay`
is added up in `Time since start`. The last try is made 75 hours and 35 minutes after the first.
"""

LONGEST_WAIT = timedelta(hours=24)
"""Of what a receiver asks for by Retry-After. More would let a message outlive the events around it."""

JITTER = 0.1
"""Share of the distance that is added at most, so that messages that failed together do not return together."""


def next_try(tries: int, now: datetime, retry_after: timedelta | None, jitter: float) -> datetime | None:
    """Return when to try next after `tries` tries, the last of which failed `now`; None once it is given up.

    `jitter` is random, from 0 to 1. A receiver's Retry-After puts a try off, and never brings it forward.
    """
    if tries >= len(DISTANCES):
        return None
    wait = DISTANCES[tries] * (1 + JITTER * jitter)
    return now + max(wait, retry_after or timedelta())
