"""Backlogs of background work: counted exactly, and dated by the oldest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.constants import DeliveryStatus, EventType, ExportKind, ExportStatus
from courses.models import Export, PendingEvent, StatisticsChange, WebhookEndpoint
from courses.selectors import backlogs
from courses.selectors.backlogs import Backlog
from tests import factories

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When the ages are measured: in the past, so that what is due then is due."""

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlogs, "database_now", lambda: NOW)


def before(**ago: float) -> datetime:
    return NOW - timedelta(**ago)


def measured(kind: str) -> Backlog:
    return next(backlog for backlog in backlogs.backlogs() if backlog.kind == kind)


def test_where_nothing_waits_all_are_zero_by_one_statement_each() -> None:
    with CaptureQueriesContext(connection) as statements:
        found = backlogs.backlogs()

    kinds = ["stale_statistics", "overdue_attempts", "events", "webhook_deliveries", "exports"]
    assert found == [Backlog(kind, 0) for kind in kinds]
    assert len(statements) == len(kinds)


def test_stale_statistics_are_counted() -> None:
    factories.make_learner(factories.make_course())
    assert measured("stale_statistics") == Backlog("stale_statistics", StatisticsChange.objects.count())
    assert StatisticsChange.objects.exists()


def test_overdue_attempts_are_dated_by_their_deadline() -> None:
    course = factories.make_course()
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course), time_limit=10)
    factories.single_choice(assessment)
    for minutes in (30, 20):
        attempt = factories.make_attempt(factories.make_learner(course), assessment)
        moments = {"start_time": before(minutes=minutes + 10), "deadline_at": before(minutes=minutes)}
        assessment.attempts.filter(pk=attempt.pk).update(**moments)
    factories.make_attempt(factories.make_learner(course), assessment)

    assert measured("overdue_attempts") == Backlog("overdue_attempts", 2, timedelta(minutes=30))


def test_events_wait_in_the_outbox_and_not_in_the_feed() -> None:
    course = factories.make_course()
    factories.make_event(course, occurred_at=before(hours=1))
    PendingEvent.objects.all().delete()
    for seconds in (3, 40):
        event = PendingEvent.objects.create(
            type=EventType.COURSE_CHANGED, subject_id=course.pk, course_id=course.pk
        )
        PendingEvent.objects.filter(pk=event.pk).update(occurred_at=before(seconds=seconds))

    assert measured("events") == Backlog("events", 2, timedelta(seconds=40))


def _owe(endpoint: WebhookEndpoint, **ago: float) -> None:
    factories.make_delivery(endpoint, next_try_at=before(**ago))


def test_deliveries_wait_that_may_be_sent_now() -> None:
    owner = factories.make_user()
    endpoint = factories.make_webhook_endpoint(owner)
    _owe(endpoint, seconds=20)
    _owe(endpoint, seconds=5)
    factories.make_delivery(endpoint, next_try_at=datetime(2100, 1, 1, tzinfo=UTC))
    factories.make_delivery(endpoint, status=DeliveryStatus.FAILED)
    _owe(factories.make_webhook_endpoint(owner, is_enabled=False, disabled_reason="Gone."), hours=1)
    _owe(factories.make_webhook_endpoint(owner, paused_until=datetime(2100, 1, 1, tzinfo=UTC)), hours=1)

    assert measured("webhook_deliveries") == Backlog("webhook_deliveries", 2, timedelta(seconds=20))


def test_a_delivery_waits_from_the_end_of_its_endpoints_rest() -> None:
    _owe(factories.make_webhook_endpoint(factories.make_user(), paused_until=before(seconds=7)), hours=1)

    assert measured("webhook_deliveries") == Backlog("webhook_deliveries", 1, timedelta(seconds=7))


def test_exports_wait_while_they_run() -> None:
    owner = factories.make_user()
    ended: dict[str, Any] = {"status": ExportStatus.FAILED, "expires_at": NOW}
    for minutes, outcome in ((5, {}), (9, {}), (60, ended)):
        export = Export.objects.create(
            user=owner, principal=f"user:{owner.pk}", kind=ExportKind.REVIEWS, **outcome
        )
        Export.objects.filter(pk=export.pk).update(created_date=before(minutes=minutes))

    assert measured("exports") == Backlog("exports", 2, timedelta(minutes=9))
