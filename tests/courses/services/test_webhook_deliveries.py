"""Deliveries are made of the feed: each event once for each endpoint that asks for it, whoever stops when."""

import pytest

from courses.constants import EventFormat, EventType
from courses.models import Course, Event, User, WebhookDelivery, WebhookEndpoint
from courses.services import webhook_deliveries
from courses.services.webhook_deliveries import make_deliveries
from tests import factories
from tests.concurrency import at_once


@pytest.fixture
def owner(db: None) -> User:
    return factories.make_user()


@pytest.fixture
def course(owner: User) -> Course:
    return factories.make_course(instructors=(owner,))


def made(endpoint: WebhookEndpoint) -> list[int | None]:
    return list(endpoint.deliveries.order_by("pk").values_list("event_id", flat=True))


def test_each_endpoint_gets_what_is_new_and_its_owner_sees(owner, course) -> None:
    factories.make_event(course)
    other = factories.make_course()
    late = factories.make_webhook_endpoint(owner, position=1)
    learners = factories.make_webhook_endpoint(factories.make_learner(other))
    second = factories.make_event(course)
    third = factories.make_event(other)
    factories.make_event(other, EventType.REVIEW_CREATED)

    assert make_deliveries() == 2

    assert (made(late), made(learners)) == ([second.pk], [third.pk])
    assert set(WebhookEndpoint.objects.values_list("position", flat=True)) == {4}
    assert make_deliveries() == 0


def test_an_endpoint_gets_the_types_and_the_course_that_it_asks_for(owner, course) -> None:
    elsewhere = factories.make_course(instructors=(owner,))
    by_type = factories.make_webhook_endpoint(owner, types=[EventType.REVIEW_CREATED])
    by_course = factories.make_webhook_endpoint(owner, course=elsewhere)
    rendered = factories.make_webhook_endpoint(owner, format="caliper")
    for each in (EventType.COURSE_CHANGED, EventType.REVIEW_CREATED, EventType.ATTEMPT_COMPLETED):
        factories.make_event(course, each)
    factories.make_event(elsewhere)

    make_deliveries()

    assert (made(by_type), made(by_course), made(rendered)) == ([2], [4], [3])


def test_a_long_backlog_is_made_in_batches(owner, course, monkeypatch) -> None:
    monkeypatch.setattr(webhook_deliveries, "BATCH", 2)
    endpoint = factories.make_webhook_endpoint(owner)
    for _ in range(5):
        factories.make_event(course)

    assert make_deliveries() == 5
    assert made(endpoint) == [1, 2, 3, 4, 5]


def test_an_endpoint_that_is_off_keeps_its_position_and_catches_up(owner, course) -> None:
    endpoint = factories.make_webhook_endpoint(owner, is_enabled=False, disabled_reason="Off.")
    factories.make_event(course)
    assert make_deliveries() == 0

    WebhookEndpoint.objects.update(is_enabled=True, disabled_reason="")
    assert make_deliveries() == 1
    assert made(endpoint) == [1]


def test_an_endpoint_that_is_behind_what_is_kept_begins_with_the_oldest(owner, course) -> None:
    endpoint = factories.make_webhook_endpoint(owner)
    for _ in range(3):
        factories.make_event(course)
    Event.objects.filter(pk=1).delete()

    assert make_deliveries() == 2
    assert made(endpoint) == [2, 3]


def test_what_a_replay_has_made_is_not_made_twice(owner, course) -> None:
    endpoint = factories.make_webhook_endpoint(owner)
    delivery = factories.make_delivery(endpoint, factories.make_event(course))

    make_deliveries()

    assert WebhookDelivery.objects.get() == delivery
    endpoint.refresh_from_db()
    assert endpoint.position == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_make_each_delivery_once() -> None:
    owner = factories.make_user()
    course = factories.make_course(instructors=(owner,))
    endpoints = [factories.make_webhook_endpoint(owner) for _ in range(3)]
    for _ in range(5):
        factories.make_event(course)

    assert at_once(lambda _: make_deliveries(), 8) == []
    make_deliveries()  # what all of them have skipped

    assert [made(endpoint) for endpoint in endpoints] == [[1, 2, 3, 4, 5]] * 3


@pytest.mark.parametrize(
    ("format", "expected"), [(EventFormat.NATIVE, 2), (EventFormat.XAPI, 1), (EventFormat.CALIPER, 1)]
)
def test_of_what_a_format_has_nothing_to_tell_no_delivery_is_made(owner, course, format, expected) -> None:
    endpoint = factories.make_webhook_endpoint(owner, format=format)
    for kind in (EventType.ATTEMPT_SAVED, EventType.ATTEMPT_COMPLETED):
        factories.make_event(course, kind)

    assert make_deliveries() == expected
    assert len(made(endpoint)) == expected
