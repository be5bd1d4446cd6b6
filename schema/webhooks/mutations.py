"""Mutations of webhook endpoints: for their owner."""

import strawberry

from courses import models
from courses.services import webhook_endpoints as services
from courses.services.webhook_credentials import Credentials
from schema.context import Info
from schema.core import ids
from schema.core.enums import EventFormat, EventType
from schema.core.fields import declared
from schema.core.inputs import LEFT_OUT_STAYS, changes, like, required_like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import webhooks as loaders
from schema.webhooks.types import WebhookDelivery, WebhookEndpoint

_SHOWN_ONCE = (
    "Secret, by which the receiver checks the signatures (Standard Webhooks). It is stored encrypted and cannot be "
    "read again."
)


def _endpoint_id() -> strawberry.ID:
    field: strawberry.ID = strawberry.field(description="Global id of a webhook endpoint of the viewer.")
    return field


@strawberry.input(description="A webhook endpoint to create.")
class CreateWebhookEndpointInput:
    url: str = required_like(models.WebhookEndpoint, "url")
    types: list[EventType] | None = like(models.WebhookEndpoint, "types", default=None)
    course_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Global id of the only course whose events are to be sent. Null: all that the viewer may see.",
    )
    format: EventFormat | None = strawberry.field(
        default=None,
        description="Format of what is sent. Null: NATIVE. The others tell what was answered and earned, for which a "
        "token needs the scope `attempts:read` too, and nothing but the start, the end and the grades of attempts: "
        "`types` of which they have nothing to tell are refused.",
    )


@strawberry.type(description="The new webhook endpoint, and its secret, which is returned only once.")
class CreateWebhookEndpointPayload(Payload):
    shown_once = (
        "This endpoint has been created already, and its secret is not shown again. If you did not get it, please "
        "make another one by `rotateWebhookSecret`."
    )
    webhook_endpoint_id: strawberry.Private[int | None] = None
    webhook_endpoint: WebhookEndpoint | None = declared(
        loaders.webhook_endpoint_of_payload, "Webhook endpoint as it was stored."
    )
    secret: str | None = strawberry.field(default=None, description=_SHOWN_ONCE)


@strawberry.input(description=f"Changes of a webhook endpoint. {LEFT_OUT_STAYS}")
class UpdateWebhookEndpointInput:
    webhook_endpoint_id: strawberry.ID = _endpoint_id()
    url: str | None = like(models.WebhookEndpoint, "url")
    types: list[EventType] | None = like(models.WebhookEndpoint, "types")
    is_enabled: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether events are sent. Switched on again, the endpoint goes on where it stopped, as far as the "
        "feed is kept.",
    )


@strawberry.type(description="The webhook endpoint, changed.")
class UpdateWebhookEndpointPayload(Payload):
    webhook_endpoint_id: strawberry.Private[int | None] = None
    webhook_endpoint: WebhookEndpoint | None = declared(
        loaders.webhook_endpoint_of_payload, "Webhook endpoint as it is stored now."
    )


@strawberry.input(description="The webhook endpoint to delete.")
class DeleteWebhookEndpointInput:
    webhook_endpoint_id: strawberry.ID = _endpoint_id()


@strawberry.type(description="The webhook endpoint that was deleted.")
class DeleteWebhookEndpointPayload(Payload):
    deleted_webhook_endpoint_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the deleted webhook endpoint."
    )


@strawberry.input(description="The webhook endpoint whose secret is to be rotated.")
class RotateWebhookSecretInput:
    webhook_endpoint_id: strawberry.ID = _endpoint_id()


@strawberry.type(description="The new secret, which is returned only once.")
class RotateWebhookSecretPayload(Payload):
    shown_once = (
        "The secret has been rotated already, and the new one is not shown again. If you did not get it, please "
        "rotate once more, with a new idempotency key."
    )
    secret: str | None = strawberry.field(default=None, description=_SHOWN_ONCE)


@strawberry.input(description="The webhook endpoint to ping.")
class PingWebhookEndpointInput:
    webhook_endpoint_id: strawberry.ID = _endpoint_id()


@strawberry.type(description="The ping that will be sent.")
class PingWebhookEndpointPayload(Payload):
    delivery_id: strawberry.Private[int | None] = None
    delivery: WebhookDelivery | None = declared(
        loaders.webhook_delivery_of_payload, "Delivery of the ping: read it again to see what came of it."
    )


@strawberry.input(description="Events of the feed to deliver again.")
class ReplayWebhookDeliveriesInput:
    webhook_endpoint_id: strawberry.ID = _endpoint_id()
    after: str = strawberry.field(description="Cursor of `events`: only events after it.")
    until: str | None = strawberry.field(
        default=None,
        description="Cursor of `events`: only events up to it. Null: all that the endpoint was to get so far.",
    )


@strawberry.type(description="The number of events that will be delivered again.")
class ReplayWebhookDeliveriesPayload(Payload):
    replayed_count: int | None = strawberry.field(
        default=None, description="Number of events between the cursors that the endpoint asks for."
    )


@strawberry.type
class WebhookMutation:
    @mutation(
        scope=Scope.EVENTS_READ,
        description="Create a webhook endpoint, to which events are sent from now on that the viewer may see. It ends "
        "with the token that made it, or with the partner's access. At most 20 for each person.",
    )
    def create_webhook_endpoint(
        info: Info, input: CreateWebhookEndpointInput
    ) -> CreateWebhookEndpointPayload:
        made = services.create_webhook_endpoint(
            owner=info.context.person,
            credentials=_credentials(info),
            url=input.url,
            types=input.types or (),
            course_id=ids.optional_pk(input.course_id, "Course", "courseId"),
            format=input.format or EventFormat.NATIVE,
        )
        return CreateWebhookEndpointPayload(webhook_endpoint_id=made.endpoint.pk, secret=made.secret)

    @mutation(
        scope=Scope.EVENTS_READ,
        description="Change a webhook endpoint, or switch it off or on. From then on it depends on the token or "
        "partner by which it was changed.",
    )
    def update_webhook_endpoint(
        info: Info, input: UpdateWebhookEndpointInput
    ) -> UpdateWebhookEndpointPayload:
        endpoint = services.update_webhook_endpoint(
            **_named(info, input.webhook_endpoint_id), **changes(input, apart_from=("webhook_endpoint_id",))
        )
        return UpdateWebhookEndpointPayload(webhook_endpoint_id=endpoint.pk)

    @mutation(
        scope=Scope.EVENTS_READ,
        description="Delete a webhook endpoint with its secrets and deliveries.",
    )
    def delete_webhook_endpoint(
        info: Info, input: DeleteWebhookEndpointInput
    ) -> DeleteWebhookEndpointPayload:
        services.delete_webhook_endpoint(**_named(info, input.webhook_endpoint_id))
        return DeleteWebhookEndpointPayload(deleted_webhook_endpoint_id=input.webhook_endpoint_id)

    @mutation(
        scope=Scope.EVENTS_READ,
        description="Make a new secret for a webhook endpoint. Messages are signed by the earlier one too for 24 "
        "hours. Without an idempotency key, each call makes one.",
    )
    def rotate_webhook_secret(info: Info, input: RotateWebhookSecretInput) -> RotateWebhookSecretPayload:
        secret = services.rotate_webhook_secret(**_named(info, input.webhook_endpoint_id))
        return RotateWebhookSecretPayload(secret=secret)

    @mutation(
        scope=Scope.EVENTS_READ,
        description="Send a message of the type `ping` to a webhook endpoint at once, without trying again. Without an "
        "idempotency key, each call sends one.",
    )
    def ping_webhook_endpoint(info: Info, input: PingWebhookEndpointInput) -> PingWebhookEndpointPayload:
        delivery = services.ping_webhook_endpoint(**_named(info, input.webhook_endpoint_id))
        return PingWebhookEndpointPayload(delivery_id=delivery.pk)

    @mutation(
        scope=Scope.EVENTS_READ,
        description="Deliver the events between two cursors of the feed again, at most 10,000, each with the "
        "`webhook-id` that it had.",
    )
    def replay_webhook_deliveries(
        info: Info, input: ReplayWebhookDeliveriesInput
    ) -> ReplayWebhookDeliveriesPayload:
        count = services.replay_webhook_deliveries(
            **_named(info, input.webhook_endpoint_id), after=input.after, until=input.until
        )
        return ReplayWebhookDeliveriesPayload(replayed_count=count)


def _named(info: Info, endpoint_id: strawberry.ID) -> services.NamedEndpoint:
    return {
        "owner": info.context.person,
        "credentials": _credentials(info),
        "endpoint_id": ids.required_pk(endpoint_id, "WebhookEndpoint", "webhookEndpointId"),
    }


def _credentials(info: Info) -> Credentials:
    identity = info.context.identity
    return Credentials(identity.scopes, identity.access_token, identity.partner)
