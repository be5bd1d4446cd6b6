"""Interventions of the staff in attempts that run: the record of who did it, when, why, and to which deadline."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F, Q

from courses.constants import MAX_REASON_LENGTH, Intervention
from courses.mixins import TimeStampedMixin
from courses.models.attempts import AssessmentAttempt
from courses.utils.model_helpers import defaults_to


class AttemptIntervention(TimeStampedMixin):
    """Extension of an attempt's deadline, or end of an attempt, by the staff of the course."""

    attempt = models.ForeignKey(
        AssessmentAttempt,
        on_delete=models.CASCADE,
        related_name="interventions",
        help_text="The attempt that was running.",
    )
    kind = models.CharField(max_length=20, choices=Intervention.choices, help_text="Kind of intervention.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="interventions",
        help_text="The person who intervened. Null: somebody who is no longer here.",
    )
    reason = models.TextField(
        blank=True,
        **defaults_to(""),
        validators=[MaxLengthValidator(MAX_REASON_LENGTH)],
        help_text="Reason, at most 2,000 characters.",
    )
    old_deadline_at = models.DateTimeField(
        null=True, blank=True, help_text="Deadline before. Null: the time was not limited."
    )
    new_deadline_at = models.DateTimeField(
        null=True, blank=True, help_text="Deadline after. Null: the time was not limited."
    )

    class Meta:
        indexes = [models.Index(fields=["attempt", "created_date"], name="intervention_by_attempt")]
        constraints = [
            models.CheckConstraint(
                name="intervention_kind_is_known", condition=Q(kind__in=Intervention.values)
            ),
            models.CheckConstraint(
                name="intervention_never_shortens", condition=Q(new_deadline_at__gte=F("old_deadline_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
