"""Notifications to people."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from courses.constants import NotificationType
from courses.mixins import TimeStampedMixin
from courses.models.catalog import Course
from courses.utils.constraints import filled_exactly_if
from courses.utils.model_helpers import defaults_to
from courses.validators import ACTION_URL_PATTERN, validate_action_url, validate_not_blank


class ActionURLField(models.URLField):  # type: ignore[type-arg]
    """An https address, or a path on this site such as `/courses/1`."""

    default_validators = [validate_action_url]


class Notification(TimeStampedMixin):
    """A notification to a person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        help_text="Who is told.",
    )
    title = models.CharField(
        max_length=255, validators=[validate_not_blank], help_text="The title, at most 255 characters."
    )
    message = models.TextField(validators=[validate_not_blank], help_text="Text of the notification.")
    notification_type = models.CharField(
        max_length=255,
        choices=NotificationType.choices,
        **defaults_to(NotificationType.CUSTOM),
        help_text="Category of the notification.",
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notifications",
        help_text="The course it is about. Null: none.",
    )
    is_read = models.BooleanField(**defaults_to(False), help_text="Whether the person has read it.")
    read_date = models.DateTimeField(
        null=True, blank=True, help_text="Time at which it was read. Null while it is unread."
    )
    action_url = ActionURLField(
        blank=True,
        **defaults_to(""),
        help_text="Link target: an https:// address, or a path on this site such as `/courses/1`. Empty: none.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_date"], name="notification_by_user"),
            models.Index(fields=["is_read"], name="notification_is_read"),
            models.Index(fields=["notification_type"], name="notification_type"),
            models.Index(
                fields=["user", "-created_date"], name="notification_unread", condition=Q(is_read=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="notification_type_is_known", condition=Q(notification_type__in=NotificationType.values)
            ),
            models.CheckConstraint(
                name="notification_read_has_date", condition=filled_exactly_if(Q(is_read=True), "read_date")
            ),
            models.CheckConstraint(
                name="notification_url_is_safe", condition=Q(action_url__regex=ACTION_URL_PATTERN)
            ),
        ]

    def __str__(self) -> str:
        return self.title
