"""Exports: files of everything of one kind that a person may see, written in the background."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from courses.constants import ExportKind, ExportStatus
from courses.mixins import TimeStampedMixin
from courses.models.catalog import Course
from courses.utils.constraints import filled_exactly_if
from courses.utils.model_helpers import defaults_to

_IS_READY = Q(status=ExportStatus.READY)


class Export(TimeStampedMixin):
    """An export of everything of one kind that its owner may see, as a file of JSON Lines for a limited time."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="exports",
        help_text="The person whose rights decide what the file holds.",
    )
    principal = models.CharField(
        max_length=200,
        help_text="Who may download it: the person, or a partner that acts for them.",
    )
    kind = models.CharField(max_length=20, choices=ExportKind.choices, help_text="Kind of what is exported.")
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="exports",
        help_text="The course that it is narrowed to. Null: all courses.",
    )
    changed_since = models.DateTimeField(
        null=True, blank=True, help_text="Moment since which something must have changed. Null: everything."
    )
    origin = models.CharField(
        max_length=300,
        blank=True,
        **defaults_to(""),
        help_text="Address of the server that was asked for it.",
    )
    status = models.CharField(
        max_length=20,
        choices=ExportStatus.choices,
        **defaults_to(ExportStatus.RUNNING),
        help_text="State of the export; a file that is ready expires at `expires_at`.",
    )
    object_count = models.PositiveIntegerField(
        null=True, blank=True, help_text="Number of lines of the file. Null until it is ready."
    )
    events_cursor = models.CharField(
        max_length=100,
        blank=True,
        **defaults_to(""),
        help_text="Cursor in the event feed after which everything is that is newer than the file.",
    )
    expires_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text="Time at which the file is deleted. Null while it is being written.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_date"], name="export_by_user"),
            models.Index(fields=["id"], name="export_running", condition=Q(status=ExportStatus.RUNNING)),
        ]
        constraints = [
            models.CheckConstraint(name="export_kind_is_known", condition=Q(kind__in=ExportKind.values)),
            models.CheckConstraint(
                name="export_status_is_known", condition=Q(status__in=ExportStatus.values)
            ),
            models.CheckConstraint(
                name="export_ready_has_count", condition=filled_exactly_if(_IS_READY, "object_count")
            ),
            models.CheckConstraint(
                name="export_ended_expires",
                condition=filled_exactly_if(~Q(status=ExportStatus.RUNNING), "expires_at"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user}"

    @property
    def file_name(self) -> str:
        """Name of the file in the directory of exports."""
        return f"{self.pk}.jsonl.gz"
