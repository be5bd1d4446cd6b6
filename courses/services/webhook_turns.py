"""Turns of webhook endpoints: one worker has an endpoint to itself and sends what is due, in order, until a try fails.

`claim_endpoints` leases endpoints; `begin_turn` gives the first message to send, and `carry_on` records what came of it
and gives the next one. Nothing is locked while the network is waited for. A worker that dies leaves a lease that ends
by itself, and the message that it had not recorded is sent again: at least once.

After a failure the endpoint rests, ever longer, so that one that is down costs the others little; what failed has its
own schedule (courses/rules/webhook_tries.py), and what comes after it does not wait for that.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from courses.constants import DeliveryStatus, NotificationType
from courses.models import Event, WebhookDelivery, WebhookEndpoint
from courses.rules.webhook_signatures import signature_headers
from courses.rules.webhook_tries import next_try
from courses.selectors.events import events_visible_to
from courses.services.notifications import notify
from courses.services.webhook_bodies import body_of, ping_body
from courses.services.webhook_credentials import reason_against
from courses.services.webhook_secrets import valid_secrets
from courses.services.webhook_sending import Sent
from courses.utils.clock import database_now

LEASE = timedelta(seconds=60)
"""Time that a worker has for one message: sending takes 15 seconds at most."""
MESSAGES_A_TURN = 100
"""Maximum number of messages of one turn, after which other endpoints have theirs."""
SHORTEST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=5)

GONE = 410
SWITCHED_OFF_BY_RECEIVER = "The receiver answered 410 (Gone)."
GIVEN_UP = "A message was tried ten times within three days, and never accepted."
NO_SECRET = "Its secrets cannot be read any more. Please rotate the secret, and switch it on again."  # noqa: S105
NOT_VISIBLE = "The owner of the endpoint may not see this event any more."

jitter = SystemRandom().random


@dataclass(frozen=True)
class Claim:
    """Lease of an endpoint."""

    endpoint_id: int
    until: datetime


@dataclass(frozen=True)
class Turn:
    """Message to send, with the lease that it is sent under. `number` counts those of the turn."""

    claim: Claim
    number: int
    delivery_id: int
    due_at: datetime
    url: str
    body: bytes
    headers: dict[str, str]
    traceparent: str
    """Trace of the request that caused the event; empty where none is known."""


@transaction.atomic
def claim_endpoints(*, limit: int) -> list[Claim]:
    """Lease endpoints that have something to send, those first that have waited longest, at most `limit`."""
    now = database_now()
    due = WebhookDelivery.objects.filter(
        endpoint=OuterRef("pk"), status=DeliveryStatus.PENDING, next_try_at__lte=now
    )
    free = WebhookEndpoint.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        Q(paused_until=None) | Q(paused_until__lte=now),
        Exists(due),
        is_enabled=True,
    ).order_by(F("claimed_until").asc(nulls_first=True), "pk")
    claims = [
        Claim(pk, now + LEASE)
        for pk in free.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)[:limit]
    ]
    WebhookEndpoint.objects.filter(pk__in=[claim.endpoint_id for claim in claims]).update(
        claimed_until=now + LEASE
    )
    return claims


@transaction.atomic
def begin_turn(claim: Claim) -> Turn | None:
    """Return the first message of a turn; None where there is none, or the lease has gone to somebody else."""
    endpoint = _held(claim)
    return None if endpoint is None else _next(endpoint, number=1)


@transaction.atomic
def carry_on(turn: Turn, sent: Sent) -> Turn | None:
    """Record what came of a message, and return the next one; None where the turn is over."""
    endpoint = _held(turn.claim)
    if endpoint is None:
        return None
    may_go_on = _record(endpoint, turn, sent)
    if may_go_on and turn.number < MESSAGES_A_TURN:
        return _next(endpoint, number=turn.number + 1)
    _release(endpoint)
    return None


def _held(claim: Claim) -> WebhookEndpoint | None:
    """Return the endpoint, locked, if the lease still is this one."""
    held = WebhookEndpoint.objects.filter(pk=claim.endpoint_id, claimed_until=claim.until)
    return held.select_related("user").select_for_update(no_key=True, of=("self",)).first()


def _release(endpoint: WebhookEndpoint) -> None:
    endpoint.claimed_until = database_now()
    endpoint.save(
        update_fields=[
            "claimed_until",
            "paused_until",
            "failures",
            "is_enabled",
            "disabled_reason",
            "updated_date",
        ]
    )


def _record(endpoint: WebhookEndpoint, turn: Turn, sent: Sent) -> bool:
    """Record a try; return whether the turn may go on. A replay meanwhile has the delivery stay as it is."""
    delivery = endpoint.deliveries.filter(pk=turn.delivery_id, next_try_at=turn.due_at).first()
    if delivery is None:
        return True
    now = database_now()
    delivery.tries += 1
    delivery.last_tried_at, delivery.next_try_at = now, None
    delivery.last_response_status, delivery.problem = sent.status, sent.problem
    if sent.is_success:
        delivery.status = DeliveryStatus.DELIVERED
        endpoint.failures, endpoint.paused_until = 0, None
    else:
        delivery.status = DeliveryStatus.FAILED
        if sent.status == GONE:
            _switch_off(endpoint, SWITCHED_OFF_BY_RECEIVER)
        elif delivery.event_id is not None:
            delivery.next_try_at = next_try(delivery.tries, now, sent.retry_after, jitter())
            if delivery.next_try_at is None:
                _switch_off(endpoint, GIVEN_UP)
            else:
                delivery.status = DeliveryStatus.PENDING
                _rest(endpoint, now, sent.retry_after)
    delivery.save()
    is_over = delivery.event_id is not None and not sent.is_success
    return endpoint.is_enabled and not is_over


def _rest(endpoint: WebhookEndpoint, now: datetime, retry_after: timedelta | None) -> None:
    """Let the endpoint rest: twice as long after each failure, or as long as its receiver asks."""
    rest = min(SHORTEST_REST * 2 ** min(endpoint.failures, 10), LONGEST_REST)
    endpoint.failures += 1
    endpoint.paused_until = now + max(rest, retry_after or timedelta())


def _next(endpoint: WebhookEndpoint, *, number: int) -> Turn | None:
    """Return the next message of an endpoint that may still send, under a lease from now; else release it."""
    while endpoint.is_enabled:
        if reason := reason_against(endpoint):
            _switch_off(endpoint, reason)
            break
        now = database_now()
        delivery = _due(endpoint, now)
        if delivery is None:
            break
        message = _message(endpoint, delivery, now)
        if message is None:
            continue
        body, traceparent = message
        secrets = valid_secrets(endpoint, now=now)
        if not secrets:
            _switch_off(endpoint, NO_SECRET)
            break
        claim = Claim(endpoint.pk, now + LEASE)
        endpoint.claimed_until = claim.until
        endpoint.save(update_fields=["claimed_until", "paused_until", "failures", "updated_date"])
        headers = signature_headers(delivery.message_id, now, body, secrets)
        assert delivery.next_try_at is not None, "it is due"
        return Turn(
            claim,
            number,
            delivery.pk,
            delivery.next_try_at,
            endpoint.url,
            body,
            {"Content-Type": "application/json", **headers},
            traceparent,
        )
    _release(endpoint)
    return None


def _due(endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery | None:
    """Return the next delivery that is due: a ping before all others, and what is due longest before the rest."""
    pending = endpoint.deliveries.filter(status=DeliveryStatus.PENDING, next_try_at__lte=now)
    return (
        pending.filter(event_id=None).order_by("pk").first() or pending.order_by("next_try_at", "pk").first()
    )


def _message(endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: datetime) -> tuple[bytes, str] | None:
    """Return the body of a delivery and the trace of its event. None where there is none to send: the delivery is
    settled then.

    What the owner may not see any more has failed; of what the format has nothing to tell there is no delivery.
    """
    if delivery.event_id is None:
        return ping_body(now), ""
    event: Event | None = events_visible_to(endpoint.user).filter(pk=delivery.event_id).first()
    if event is None:
        delivery.status, delivery.next_try_at, delivery.problem = DeliveryStatus.FAILED, None, NOT_VISIBLE
        delivery.save()
        return None
    body = body_of(event, format=endpoint.format, owner=endpoint.user, sent_at=now)
    if body is None:
        delivery.delete()
        return None
    return body, event.traceparent


def _switch_off(endpoint: WebhookEndpoint, reason: str) -> None:
    """Switch an endpoint off, which `_release` stores, and tell its owner."""
    endpoint.is_enabled, endpoint.disabled_reason = False, reason
    notify(
        recipients=[endpoint.user],
        type=NotificationType.CUSTOM,
        title="A webhook was switched off",
        message=f"Nothing is sent to {endpoint.url} any more. {reason}",
    )
