"""Webhook endpoints: what their owners do with them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypedDict

from django.db import transaction

from courses import exceptions
from courses.constants import (
    MAX_REPLAYED_EVENTS,
    MAX_WEBHOOK_ENDPOINTS,
    DeliveryStatus,
    EventFormat,
    EventType,
)
from courses.models import Course, Event, User, WebhookDelivery, WebhookEndpoint
from courses.policies.participation import takes_part
from courses.rules.renderings import types_told
from courses.selectors import catalog
from courses.selectors.events import CursorExpired, decode_cursor, newest_position
from courses.selectors.webhooks import webhook_endpoints_of
from courses.services.webhook_credentials import Credentials, refuse_format
from courses.services.webhook_deliveries import deliver_again, events_for
from courses.services.webhook_secrets import new_secret
from courses.services.webhook_sending import refuse_url
from courses.utils.clock import database_now

BY_ITS_OWNER = "It was switched off by its owner."
READ_AT_ONCE = 1_000


class NamedEndpoint(TypedDict):
    """Arguments by which every service names an endpoint, and whoever wants something of it."""

    owner: User
    credentials: Credentials
    endpoint_id: int


@dataclass(frozen=True)
class NewWebhookEndpoint:
    """Endpoint with its secret, which is known only now: the database keeps it encrypted."""

    endpoint: WebhookEndpoint
    secret: str


def create_webhook_endpoint(
    *,
    owner: User,
    credentials: Credentials,
    url: str,
    types: Collection[str] = (),
    course_id: int | None = None,
    format: str = EventFormat.NATIVE,
) -> NewWebhookEndpoint:
    """Create an endpoint for what happens from now on.

    Raises Invalid for an address to which nothing can be sent or types that the format cannot tell, NotFound and
    PermissionDenied for a course of which the owner may see no events, TokenScopeMissing for a format, and Conflict
    where the owner has as many as there may be.
    """
    refuse_format(credentials, format, field=["format"])
    _refuse_types(types, format)
    course = _course(owner, course_id) if course_id is not None else None
    refuse_url(url)  # it may wait for the network, so nothing is locked yet
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if webhook_endpoints_of(owner).count() >= MAX_WEBHOOK_ENDPOINTS:
            raise exceptions.Conflict(
                f"You have {MAX_WEBHOOK_ENDPOINTS} webhook endpoints, which is the most. Please delete one first."
            )
        endpoint = WebhookEndpoint(
            user=owner,
            url=url,
            types=_each_once(types),
            course=course,
            format=format,
            position=newest_position(),
        )
        _bind(endpoint, credentials)
        endpoint.save()
        return NewWebhookEndpoint(endpoint, new_secret(endpoint, now=database_now()))


def update_webhook_endpoint(
    *,
    owner: User,
    credentials: Credentials,
    endpoint_id: int,
    url: str | None = None,
    types: Collection[str] | None = None,
    is_enabled: bool | None = None,
) -> WebhookEndpoint:
    """Change what is given. From then on the endpoint depends on the credentials by which it was changed.

    Switched on again, it goes on where it stopped, as far as the feed is kept. Raises NotFound, TokenScopeMissing, and
    Invalid as `create_webhook_endpoint` does.
    """
    if url is not None:
        with transaction.atomic():
            _locked(
                owner, credentials, endpoint_id
            )  # first: whoever has no such endpoint learns nothing else
        refuse_url(url)
    with transaction.atomic():
        endpoint = _locked(owner, credentials, endpoint_id)
        if types is not None:
            _refuse_types(types, endpoint.format)
            endpoint.types = _each_once(types)
        if url is not None and url != endpoint.url:
            endpoint.url = url
            _forget_failures(endpoint)
        if is_enabled is not None and is_enabled != endpoint.is_enabled:
            endpoint.is_enabled = is_enabled
            endpoint.disabled_reason = "" if is_enabled else BY_ITS_OWNER
            _forget_failures(endpoint)
        _bind(endpoint, credentials)
        endpoint.save()
        return endpoint


@transaction.atomic
def delete_webhook_endpoint(*, owner: User, credentials: Credentials, endpoint_id: int) -> None:
    """Delete an endpoint with its secrets and deliveries. Raises NotFound."""
    _locked(owner, credentials, endpoint_id).delete()


@transaction.atomic
def rotate_webhook_secret(*, owner: User, credentials: Credentials, endpoint_id: int) -> str:
    """Make a new secret and return it. Earlier ones sign beside it for 24 hours.

    Raises NotFound, and Conflict after too many rotations within these.
    """
    return new_secret(_locked(owner, credentials, endpoint_id), now=database_now())


@transaction.atomic
def ping_webhook_endpoint(*, owner: User, credentials: Credentials, endpoint_id: int) -> WebhookDelivery:
    """Have a ping sent at once, before anything that waits. Raises NotFound, and Conflict for one that is off."""
    endpoint = _locked(owner, credentials, endpoint_id)
    _refuse_off(endpoint)
    endpoint.paused_until = None
    endpoint.save(update_fields=["paused_until", "updated_date"])
    return WebhookDelivery.objects.create(
        endpoint=endpoint, status=DeliveryStatus.PENDING, next_try_at=database_now()
    )


@transaction.atomic
def replay_webhook_deliveries(
    *, owner: User, credentials: Credentials, endpoint_id: int, after: str, until: str | None = None
) -> int:
    """Deliver again the events after one cursor of the feed, up to another one or the last that was delivered.

    Each keeps the id of its message. Returns their number. Raises NotFound, Conflict for an endpoint that is off, and
    Invalid for cursors that are none, are expired, are in the wrong order, or have too much between them.
    """
    endpoint = _locked(owner, credentials, endpoint_id)
    _refuse_off(endpoint)
    begin = _position(after, "after")
    end = endpoint.position if until is None else min(_position(until, "until"), endpoint.position)
    if until is not None and begin > _position(until, "until"):
        raise exceptions.Invalid("Please give a cursor that does not come before `after`.", field=["until"])
    events = _between(endpoint, begin, end)
    deliver_again(endpoint, events, now=database_now())
    return len(events)


def _between(endpoint: WebhookEndpoint, position: int, end: int) -> list[Event]:
    events: list[Event] = []
    while position < end:
        try:
            passage = events_for(endpoint, position, size=READ_AT_ONCE)
        except CursorExpired:
            raise exceptions.Invalid(
                "Events after this cursor are no longer kept. Please give a later one.", field=["after"]
            ) from None
        events += [event for event in passage.events if event.pk <= end]
        if len(events) > MAX_REPLAYED_EVENTS:
            raise exceptions.Invalid(
                f"More than {MAX_REPLAYED_EVENTS:,} events are between these cursors. Please replay them in parts.",
                field=["until"],
            )
        position = passage.end
    return events


def _position(cursor: str, field: str) -> int:
    try:
        return decode_cursor(cursor)
    except ValueError:
        raise exceptions.Invalid("Please give a cursor of `events`.", field=[field]) from None


def _locked(owner: User, credentials: Credentials, endpoint_id: int) -> WebhookEndpoint:
    """Return an endpoint of the owner, locked. A partner finds those only that depend on it.

    Raises NotFound, and TokenScopeMissing for credentials that may not read what the endpoint sends.
    """
    endpoints = webhook_endpoints_of(owner)
    if credentials.partner:
        endpoints = endpoints.filter(partner=credentials.partner)
    locked = endpoints.select_related("user").select_for_update(no_key=True, of=("self",))
    endpoint = locked.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise exceptions.NotFound(field=["webhookEndpointId"])
    refuse_format(credentials, endpoint.format, field=["webhookEndpointId"])
    return endpoint


def _course(owner: User, course_id: int) -> Course:
    courses = catalog.courses_visible_to(owner).filter(pk=course_id)
    course = courses.first()
    if course is None:
        raise exceptions.NotFound(field=["courseId"])
    if not courses.filter(takes_part(owner)).exists():
        raise exceptions.PermissionDenied(
            "You neither take nor teach this course, so you see none of its events.", field=["courseId"]
        )
    return course


def _refuse_types(types: Collection[str], format: str) -> None:
    """Raise Invalid for types of which the format has nothing to tell, so that nobody waits for them."""
    if format != EventFormat.NATIVE and not (told := types_told(format)).issuperset(types):
        names = ", ".join(each.name for each in EventType if each in told)
        raise exceptions.Invalid(f"This format tells only {names}.", field=["types"])


def _refuse_off(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_enabled:
        raise exceptions.Conflict(
            "This endpoint is switched off. Please switch it on first.", field=["webhookEndpointId"]
        )


def _each_once(types: Collection[str]) -> list[str]:
    return [each.value for each in EventType if each in types]


def _bind(endpoint: WebhookEndpoint, credentials: Credentials) -> None:
    endpoint.access_token_id, endpoint.partner = credentials.access_token, credentials.partner


def _forget_failures(endpoint: WebhookEndpoint) -> None:
    endpoint.failures, endpoint.paused_until = 0, None
