"""Reference count of study sessions, one by one: a pause of more than half an hour ends one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from courses.constants import SESSION_GAP_MINUTES

_GAP = timedelta(minutes=SESSION_GAP_MINUTES)


@dataclass(frozen=True, slots=True)
class SessionTotals:
    """How many sessions there were, and how many whole seconds they lasted together."""

    count: int
    seconds: int


def session_totals(moments: Iterable[datetime]) -> SessionTotals:
    """Divide moments of activity, in any order, into sessions.

    A session lasts from its first to its last activity, so one with a single activity lasts 0 seconds.
    """
    ordered = sorted(moments)
    pauses = [later - earlier for earlier, later in pairwise(ordered)]
    within = [pause for pause in pauses if pause <= _GAP]
    count = len(ordered) - len(within)
    return SessionTotals(count, int(sum(within, timedelta()).total_seconds()))
