"""Output types of webhook endpoints and deliveries, for their owner. No type holds a secret."""

from datetime import datetime

from django.db.models import F, Value
from django.db.models.functions import NullIf

from courses import models
from courses.constants import Scope
from schema.catalog.types import Course
from schema.core.connections import Connection
from schema.core.enums import DeliveryStatus, EventFormat, EventType
from schema.core.fields import column, computed, declared
from schema.core.ids import Node, node
from schema.dataloaders import webhooks as loaders
from schema.events.types import Event
from schema.webhooks.filters import deliveries_of_webhook_endpoint


@node(models.WebhookDelivery, by_pk=loaders.webhook_delivery_by_id, scope=Scope.EVENTS_READ)
class WebhookDelivery(Node):
    status: DeliveryStatus
    tries: int
    last_response_status: int | None
    last_tried_at: datetime | None
    next_try_at: datetime | None
    created_at: datetime = column("created_date")
    event: Event | None = declared(
        loaders.event_of_delivery,
        "Event that is delivered. Null for a ping, and for an event that is no longer kept or that the viewer may not "
        "see any more.",
        scope=Scope.EVENTS_READ,
    )

    @computed(
        "Id of the message, sent as `webhook-id`: the same on each try and replay of an event.",
        columns=("endpoint_id", "event_id"),
    )
    def message_id(root: models.WebhookDelivery) -> str:
        return root.message_id

    @computed(
        "Why the last try got no answer, or why nothing was sent. Null: see `lastResponseStatus`.",
        columns=("problem",),
        in_sql=NullIf(F("problem"), Value("")),
    )
    def problem(root: models.WebhookDelivery) -> str | None:
        return root.problem or None


@node(models.WebhookEndpoint, by_pk=loaders.webhook_endpoint_by_id, scope=Scope.EVENTS_READ)
class WebhookEndpoint(Node):
    url: str
    format: EventFormat
    is_enabled: bool
    created_at: datetime = column("created_date")
    course: Course | None = declared(
        loaders.course_of_webhook_endpoint,
        "The only course whose events are sent. Null: all that the viewer may see, or a course that the viewer may not "
        "see any more.",
    )
    deliveries: Connection[WebhookDelivery] = declared(
        loaders.deliveries_of_webhook_endpoint,
        "Deliveries of events and pings, newest first, as long as the event feed is kept.",
        request=deliveries_of_webhook_endpoint,
    )

    @computed("Types of events that are sent. Empty: all.", columns=("types",))
    def types(root: models.WebhookEndpoint) -> list[EventType]:
        return [EventType(each) for each in root.types]

    @computed(
        "Why nothing is sent. Null while it is enabled.",
        columns=("disabled_reason",),
        in_sql=NullIf(F("disabled_reason"), Value("")),
    )
    def disabled_reason(root: models.WebhookEndpoint) -> str | None:
        return root.disabled_reason or None
