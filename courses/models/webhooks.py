"""Webhooks: endpoints of partners to which events are sent, their secrets, and the deliveries."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from courses.constants import DeliveryStatus, EventFormat, EventType
from courses.mixins import TimeStampedMixin
from courses.models.catalog import Course
from courses.rules.webhook_addresses import LONGEST_URL
from courses.utils.constraints import filled_exactly_if
from courses.utils.model_helpers import defaults_to


class WebhookEndpoint(TimeStampedMixin):
    """An address to which events are sent that its owner may see."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="webhook_endpoints",
        help_text="The owner, with whose rights events are read.",
    )
    url = models.CharField(
        max_length=LONGEST_URL,
        help_text="Address that receives a POST for each event: https, at most 2,000 characters.",
    )
    types = ArrayField(
        models.CharField(max_length=40, choices=EventType.choices),
        blank=True,
        **defaults_to(list),
        help_text="Types of events that are sent. Empty: all.",
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="webhook_endpoints",
        help_text="The only course whose events are sent. Null: all that the owner may see.",
    )
    format = models.CharField(
        max_length=20,
        choices=EventFormat.choices,
        **defaults_to(EventFormat.NATIVE),
        help_text="Format of what is sent.",
    )
    is_enabled = models.BooleanField(
        **defaults_to(True), help_text="Whether events are sent. While it is false they wait."
    )
    disabled_reason = models.TextField(
        blank=True, **defaults_to(""), help_text="Why nothing is sent. Empty while it is enabled."
    )
    position = models.BigIntegerField(
        help_text="Position in the event feed up to which there are deliveries, at first the feed's end."
    )
    access_token_id = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Access token by which it was made or last changed; it ends with it. Null: none.",
    )
    partner = models.CharField(
        max_length=100,
        blank=True,
        **defaults_to(""),
        help_text="Client id of the partner that made it or changed it last; it ends with the partner's access. "
        "Empty: none.",
    )
    failures = models.PositiveIntegerField(
        **defaults_to(0), help_text="Number of tries that failed since the last one that succeeded."
    )
    paused_until = models.DateTimeField(
        null=True, blank=True, help_text="Time until which nothing is tried, after a failure. Null: at once."
    )
    claimed_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time until which one worker has it to itself, or when the last one was done. Null: none had it.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_date"], name="webhook_endpoint_by_user"),
            models.Index(fields=["position"], name="webhook_endpoint_behind", condition=Q(is_enabled=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="webhook_endpoint_url_is_http",
                condition=Q(url__regex=r"^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$"),
            ),
            models.CheckConstraint(
                name="webhook_endpoint_types_are_known", condition=Q(types__contained_by=EventType.values)
            ),
            models.CheckConstraint(
                name="webhook_endpoint_format_is_known", condition=Q(format__in=EventFormat.values)
            ),
            models.CheckConstraint(
                name="webhook_endpoint_disabled_has_reason",
                condition=Q(is_enabled=True, disabled_reason="")
                | Q(is_enabled=False) & ~Q(disabled_reason=""),
            ),
            models.CheckConstraint(
                name="webhook_endpoint_has_one_credential", condition=Q(access_token_id=None) | Q(partner="")
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookSecret(models.Model):
    """Secret by which an endpoint's messages are signed. Several are valid while it is being rotated."""

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        on_delete=models.CASCADE,
        related_name="secrets",
        help_text="Whose messages it signs.",
    )
    encrypted = models.TextField(help_text="The secret, encrypted by a key that is made of SECRET_KEY.")
    expires_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text="Time from which it signs no more. Null: it is the newest, and has no end.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"], name="unique_newest_webhook_secret", condition=Q(expires_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"Secret {self.pk}"


class WebhookDelivery(TimeStampedMixin):
    """Delivery of one event, or of a ping, to a webhook endpoint."""

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        on_delete=models.CASCADE,
        related_name="deliveries",
        help_text="Where it goes.",
    )
    event_id = models.BigIntegerField(
        null=True, blank=True, help_text="Position of the event in the feed. Null: a ping."
    )
    status = models.CharField(
        max_length=20,
        choices=DeliveryStatus.choices,
        help_text="State of the delivery.",
    )
    tries = models.PositiveIntegerField(
        **defaults_to(0), help_text="Number of tries so far, since the last replay."
    )
    last_response_status = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="HTTP status that the last try was answered with. Null: there was no answer.",
    )
    problem = models.TextField(
        blank=True,
        **defaults_to(""),
        help_text="Why there was no answer, or nothing was sent. Empty: see the status.",
    )
    last_tried_at = models.DateTimeField(
        null=True, blank=True, help_text="Time of the last try. Null: there was none."
    )
    next_try_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time of the next try, at the earliest. Null: there will be none.",
    )

    class Meta:
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(fields=["endpoint", "-created_date"], name="webhook_delivery_newest"),
            models.Index(fields=["endpoint", "status", "-created_date"], name="webhook_delivery_by_status"),
            models.Index(
                fields=["endpoint", "next_try_at", "id"],
                name="webhook_delivery_due",
                condition=Q(status=DeliveryStatus.PENDING),
            ),
            models.Index(
                fields=["endpoint"],
                name="webhook_ping_due",
                condition=Q(status=DeliveryStatus.PENDING, event_id=None),
            ),
            models.Index(fields=["updated_date"], name="webhook_delivery_oldest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="unique_webhook_delivery"),
            models.CheckConstraint(
                name="webhook_delivery_status_is_known", condition=Q(status__in=DeliveryStatus.values)
            ),
            models.CheckConstraint(
                name="webhook_delivery_pending_has_next_try",
                condition=filled_exactly_if(Q(status=DeliveryStatus.PENDING), "next_try_at"),
            ),
            models.CheckConstraint(
                name="webhook_delivery_tried_has_date",
                condition=filled_exactly_if(Q(tries__gt=0), "last_tried_at"),
            ),
        ]

    def __str__(self) -> str:
        return self.message_id

    @property
    def message_id(self) -> str:
        """Id of the message, `webhook-id`: the same on each try and replay of the event, also once this row is gone."""
        if self.event_id is None:
            return f"ping_{self.endpoint_id}_{self.pk}"
        return f"event_{self.endpoint_id}_{self.event_id}"
