"""Deliveries of events to webhook endpoints: made from the feed, and again for a replay. Sending is in webhook_turns.

Deliveries of an endpoint and its position in the feed are written in one transaction, so that an event is neither left
out nor doubled, whichever process stops.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from courses.constants import DeliveryStatus, EventFormat, EventType
from courses.models import Event, WebhookDelivery, WebhookEndpoint
from courses.rules.renderings import types_told
from courses.selectors.events import CursorExpired, Passage, events_after, newest_position
from courses.utils.clock import database_now

BATCH = 500
"""Maximum number of deliveries that one transaction makes."""
BATCHES = 100
"""Maximum number of batches at one time; the rest waits for the next."""


def make_deliveries() -> int:
    """Make the deliveries of events that are new in the feed; return their number.

    Endpoints that another process has locked are skipped. Those that are switched off keep their position.
    """
    end, made = newest_position(), 0
    for _ in range(BATCHES):
        batch = _make_batch(end)
        if batch is None:
            break
        made += batch
    return made


@transaction.atomic
def _make_batch(end: int) -> int | None:
    """Make the next deliveries of the endpoint that is furthest behind the feed's end; None where none is behind."""
    behind = WebhookEndpoint.objects.filter(is_enabled=True, position__lt=end).select_related("user")
    free = behind.select_for_update(no_key=True, skip_locked=True, of=("self",))
    endpoint = free.order_by("position").first()
    if endpoint is None:
        return None
    try:
        passage = events_for(endpoint, endpoint.position, size=BATCH)
    except CursorExpired:
        passage = events_for(endpoint, None, size=BATCH)
    WebhookDelivery.objects.bulk_create(
        _due(endpoint, passage.events, database_now()), ignore_conflicts=True
    )  # a replay may have made one already
    endpoint.position = passage.end
    endpoint.save(update_fields=["position", "updated_date"])
    return len(passage.events)


def deliver_again(endpoint: WebhookEndpoint, events: Collection[Event], *, now: datetime) -> None:
    """Make or reset the deliveries of events to an endpoint, which is locked."""
    WebhookDelivery.objects.bulk_create(
        _due(endpoint, events, now),
        update_conflicts=True,
        unique_fields=["endpoint", "event_id"],
        update_fields=[
            "status",
            "tries",
            "last_response_status",
            "problem",
            "last_tried_at",
            "next_try_at",
            "updated_date",
        ],
    )


def events_for(endpoint: WebhookEndpoint, position: int | None, *, size: int) -> Passage:
    """Return the next events after a position that the endpoint asks for and its owner may see.

    Raises CursorExpired, and ValueError for a position that is yet to come.
    """
    return events_after(
        endpoint.user, position, size=size, types=types_of(endpoint), course_id=endpoint.course_id
    )


def types_of(endpoint: WebhookEndpoint) -> Collection[EventType] | None:
    """Return the types of events that are sent; None for all. Other formats than our own tell of attempts only."""
    types = [EventType(each) for each in endpoint.types or EventType]
    if endpoint.format != EventFormat.NATIVE:
        told = types_told(endpoint.format)
        return [each for each in types if each in told]
    return types if endpoint.types else None


def _due(endpoint: WebhookEndpoint, events: Collection[Event], now: datetime) -> list[WebhookDelivery]:
    return [
        WebhookDelivery(endpoint=endpoint, event_id=event.pk, status=DeliveryStatus.PENDING, next_try_at=now)
        for event in events
    ]
