"""Webhook endpoints and their deliveries, visible to their owner alone."""

from django.db.models import QuerySet

from courses.models import WebhookDelivery, WebhookEndpoint
from courses.policies.participation import Viewer


def webhook_endpoints_of(viewer: Viewer) -> QuerySet[WebhookEndpoint]:
    """Return the viewer's own endpoints."""
    return WebhookEndpoint.objects.filter(user=viewer) if viewer else WebhookEndpoint.objects.none()


def webhook_deliveries_of(viewer: Viewer) -> QuerySet[WebhookDelivery]:
    """Return the deliveries to the viewer's own endpoints."""
    if viewer is None:
        return WebhookDelivery.objects.none()
    return WebhookDelivery.objects.filter(endpoint__user=viewer)
