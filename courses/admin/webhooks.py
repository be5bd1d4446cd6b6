"""Webhook endpoints and deliveries: to see what is sent where, and what came of it."""

from django.contrib import admin

from courses import models
from courses.admin.base import RecordAdmin, stored


@admin.register(models.WebhookEndpoint)
class WebhookEndpointAdmin(RecordAdmin):
    """Read-only list of endpoints, with what is wrong with them."""

    list_display = (
        "url",
        "user",
        "course",
        stored("format"),
        "is_enabled",
        "disabled_reason",
        "failures",
        "created_date",
    )
    list_filter = ("is_enabled", "format", "created_date")
    list_select_related = ("user", "course")
    search_fields = ("url", "user__username", "partner", "disabled_reason")


@admin.register(models.WebhookSecret)
class WebhookSecretAdmin(RecordAdmin):
    """Read-only list of secrets, to see which are valid. Not even their ciphers are shown."""

    list_display = ("id", "endpoint", "expires_at")
    list_filter = ("expires_at",)
    list_select_related = ("endpoint",)
    search_fields = ("endpoint__url",)
    exclude = ("encrypted",)


@admin.register(models.WebhookDelivery)
class WebhookDeliveryAdmin(RecordAdmin):
    """Read-only list of deliveries."""

    list_display = (
        "message_id",
        "endpoint",
        stored("status"),
        "tries",
        "last_response_status",
        "problem",
        "last_tried_at",
        "next_try_at",
    )
    list_filter = ("status", "created_date")
    list_select_related = ("endpoint",)
    search_fields = ("endpoint__url", "event_id", "problem")
