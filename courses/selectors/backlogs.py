"""Backlogs: what waits for background work, and for how long."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet

from courses.models import AssessmentAttempt, StatisticsChange
from courses.policies.attempt_time import overdue
from courses.utils.clock import database_now


@dataclass(frozen=True)
class Backlog:
    """Number of rows of a kind that wait, and the age of the oldest: zero where none waits, or none is dated."""

    kind: str
    waiting: int
    oldest: timedelta = timedelta()


def backlogs() -> list[Backlog]:
    """Return every backlog: a few statements, however much waits."""
    return [
        Backlog("stale_statistics", StatisticsChange.objects.count()),
        _dated("overdue_attempts", AssessmentAttempt.objects.filter(overdue()), "deadline_at"),
    ]


def _dated(kind: str, rows: QuerySet[Any], moment: str) -> Backlog:
    found = rows.aggregate(waiting=Count("pk"), since=Min(moment))
    since = found["since"]
    return Backlog(kind, found["waiting"], database_now() - since if since else timedelta())
