"""Accommodations of learners, and the settings of an assessment that count for a learner because of them."""

from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias, TypedDict

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Ceil, Coalesce

from courses.constants import MAX_ATTEMPTS, MAX_REASON_LENGTH, MAX_TIME_FACTOR, MAX_TIME_LIMIT_MINUTES
from courses.mixins import TimeStampedMixin
from courses.models.assessments import Assessment, refuse_empty_window
from courses.models.catalog import Course
from courses.models.people import User
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.constraints import Range
from courses.utils.model_helpers import defaults_to

_FACTOR = Range(Decimal(1), Decimal(MAX_TIME_FACTOR))
_MINUTES = Range(0, MAX_TIME_LIMIT_MINUTES)
_ATTEMPTS = Range(0, MAX_ATTEMPTS)


class Accommodation(TimeStampedMixin):
    """Settings that count for one learner, in one assessment or in all of a course. What is null is not set here."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="accommodations",
        help_text="The learner.",
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        related_name="accommodations",
        help_text="The course it is granted in.",
    )
    assessment = models.ForeignKey(
        Assessment,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="accommodations",
        help_text="The only assessment that it counts for. Null: every assessment of the course.",
    )
    time_factor = models.DecimalField(
        max_digits=6,
        decimal_places=4,
        null=True,
        blank=True,
        validators=_FACTOR.validators,
        help_text="Factor of the time limit, 1 to 10, at most four decimals; the limit is rounded up to whole "
        "minutes. Excludes `extraMinutes`. Null: not set here.",
    )
    extra_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=_MINUTES.validators,
        help_text="Time beyond the time limit, in minutes, at most 525,600. Excludes `timeFactor`. Null: not set here.",
    )
    extra_attempts = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=_ATTEMPTS.validators,
        help_text="Number of attempts beyond `maxAttempts`, at most 1,000. Null: not set here.",
    )
    opens_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time from which the learner can start attempts. Null: not set here.",
    )
    closes_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time from which the learner can start no attempt, and at which running ones end. Null: not "
        "set here.",
    )
    may_retake_after_key = models.BooleanField(
        null=True,
        blank=True,
        help_text="Whether the learner may start further attempts although they could see the right answers. "
        "Null: not set here.",
    )
    reason = models.TextField(
        blank=True,
        **defaults_to(""),
        validators=[MaxLengthValidator(MAX_REASON_LENGTH)],
        help_text="Reason, which the learner can read, at most 2,000 characters.",
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="granted_accommodations",
        help_text="The person who granted it last. Null: somebody who is no longer here.",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["course", "-created_date"],
                name="accommodation_by_course",
                condition=Q(assessment=None),
            ),
            models.Index(fields=["assessment", "-created_date"], name="accommodation_by_assessment"),
            models.Index(fields=["user", "-created_date"], name="accommodation_by_user"),
            models.Index(
                fields=["course", "closes_at"],
                name="accommodation_closing",
                condition=Q(closes_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "course", "assessment"], name="unique_accommodation", nulls_distinct=False
            ),
            _FACTOR.constraint("time_factor", "accommodation_factor_in_range"),
            _MINUTES.constraint("extra_minutes", "accommodation_minutes_in_range"),
            _ATTEMPTS.constraint("extra_attempts", "accommodation_attempts_in_range"),
            models.CheckConstraint(
                name="accommodation_time_is_one_setting",
                condition=Q(time_factor=None) | Q(extra_minutes=None),
            ),
            models.CheckConstraint(
                name="accommodation_opens_before_it_closes", condition=Q(opens_at__lt=F("closes_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.assessment or self.course}"

    def clean(self) -> None:
        """Reject a factor together with minutes, and an end that is not after the opening."""
        super().clean()
        if self.time_factor is not None and self.extra_minutes is not None:
            raise ValidationError({"extra_minutes": "Please give a factor or minutes, not both."})
        refuse_empty_window(self.opens_at, self.closes_at)


class _Effective(TypedDict):
    effective_max_attempts: int
    effective_time_limit: int
    effective_opens_at: datetime | None
    effective_closes_at: datetime | None
    may_retake_after_key: bool


AssessmentForLearner: TypeAlias = WithAnnotations[Assessment, _Effective]
"""An assessment with the annotations of `for_learner`."""


def for_learner(
    assessments: "QuerySet[Any]", learner: "User | int | Combinable | None"
) -> "QuerySet[AssessmentForLearner]":
    """Annotate assessments with the settings that count for a learner, accommodations included."""
    return assessments.annotate(
        effective_max_attempts=effective_max_attempts(learner),
        effective_time_limit=effective_time_limit(learner),
        effective_opens_at=Coalesce(_granted("opens_at", learner), "opens_at"),
        effective_closes_at=effective_closes_at(learner),
        may_retake_after_key=may_retake_after_key(learner),
    )


def effective_max_attempts(learner: "User | int | Combinable | None", assessment: str = "") -> Any:
    """Return an expression for the number of attempts that a learner may make at an assessment.

    `assessment` leads from the row to it, such as `assessment__` from an attempt. So do those of the next ones.
    """
    extra = _granted("extra_attempts", learner, assessment)
    return F(f"{assessment}max_attempts") + Coalesce(extra, Value(0))


def effective_time_limit(learner: "User | int | Combinable | None", assessment: str = "") -> Case:
    """Return an expression for a learner's time limit in minutes, 0 for none."""
    number = models.PositiveIntegerField()
    limit = Cast(OuterRef(f"{assessment}time_limit"), models.DecimalField(max_digits=12, decimal_places=4))
    minutes = Ceil(limit * Coalesce("time_factor", Value(Decimal(1)))) + Coalesce("extra_minutes", Value(0))
    granted = _accommodations(learner, assessment).exclude(time_factor=None, extra_minutes=None)
    longer = Subquery(granted.values(minutes=Cast(minutes, number))[:1], output_field=number)
    return Case(
        When(**{f"{assessment}time_limit": 0}, then=Value(0)),
        default=Coalesce(longer, f"{assessment}time_limit"),
        output_field=number,
    )


def effective_closes_at(learner: "User | int | Combinable | None", assessment: str = "") -> Coalesce:
    """Return an expression for the time at which the assessment closes for a learner; null for never."""
    return Coalesce(_granted("closes_at", learner, assessment), F(f"{assessment}closes_at"))


def may_retake_after_key(learner: "User | int | Combinable | None", assessment: str = "") -> Coalesce:
    """Return an expression: whether a learner who could see the key may start further attempts."""
    return Coalesce(_granted("may_retake_after_key", learner, assessment), Value(False))


def _granted(setting: str, learner: "User | int | Combinable | None", assessment: str = "") -> Subquery:
    """Return the value that the learner's accommodations have for a setting, null for none."""
    named = _accommodations(learner, assessment).filter(**{f"{setting}__isnull": False})
    return Subquery(named.values(setting)[:1])


def _accommodations(learner: "User | int | Combinable | None", assessment: str) -> QuerySet[Accommodation]:
    """Return the learner's accommodations in the assessment, and then those in its whole course."""
    return Accommodation.objects.filter(
        Q(assessment=OuterRef(f"{assessment}pk")) | Q(assessment=None),
        user=learner,
        course=OuterRef(f"{assessment}lesson__course_id"),
    ).order_by(F("assessment").asc(nulls_last=True))
