"""Backlogs: what waits for background work, and for how long."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Min, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from courses.constants import DeliveryStatus, ExportStatus
from courses.models import AssessmentAttempt, Export, PendingEvent, StatisticsChange, WebhookDelivery
from courses.policies.attempt_time import has_come, overdue
from courses.utils.clock import StatementTimestamp, database_now


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
        _dated("overdue_attempts", AssessmentAttempt.objects.filter(overdue()), F("deadline_at")),
        _dated("events", PendingEvent.objects.all(), F("occurred_at")),
        _dated("webhook_deliveries", _due_deliveries(), Greatest("next_try_at", "endpoint__paused_until")),
        _dated("exports", Export.objects.filter(status=ExportStatus.RUNNING), F("created_date")),
    ]


def _due_deliveries() -> QuerySet[WebhookDelivery]:
    """Return the deliveries that may be sent now: those whose endpoint is neither switched off nor at rest."""
    return WebhookDelivery.objects.filter(
        has_come("endpoint__paused_until"),
        status=DeliveryStatus.PENDING,
        next_try_at__lte=StatementTimestamp(),
        endpoint__is_enabled=True,
    )


def _dated(kind: str, rows: QuerySet[Any], moment: Combinable) -> Backlog:
    found = rows.aggregate(waiting=Count("pk"), since=Min(moment))
    since = found["since"]
    return Backlog(kind, found["waiting"], database_now() - since if since else timedelta())
