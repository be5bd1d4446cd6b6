"""Activity of people on the platform, one row for each event."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Func, IntegerField, Q
from django.db.models.functions import Cast
from django.db.models.lookups import LessThanOrEqual

from courses.constants import MAX_ACTIVITY_DATA_BYTES, MAX_ACTIVITY_DATA_DEPTH, ActivityType
from courses.mixins import TimeStampedMixin
from courses.models.assessments import Assessment
from courses.models.catalog import Course, Lesson, Resource
from courses.utils.constraints import json_has_no, json_is
from courses.utils.model_helpers import ShapedJSONField, defaults_to
from courses.utils.statistics_inputs import StatisticsInput
from courses.validators import validate_activity_data

_TOO_DEEP = f'strict $.**{{{MAX_ACTIVITY_DATA_DEPTH}}} ? (@.type() == "object" || @.type() == "array")'
"""SQL/JSON path to every container that is nested deeper than allowed."""


def _related(model: type[models.Model], help_text: str) -> "models.ForeignKey[Any, Any]":
    """Return a foreign key of an activity, which is set to null when its target is deleted."""
    return models.ForeignKey(
        model,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="activities",
        help_text=help_text,
    )


class UserActivity(TimeStampedMixin):
    """An activity of a person on the platform, such as viewing a course."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="activities", help_text="Who did it."
    )
    activity_type = models.CharField(
        max_length=255, choices=ActivityType.choices, help_text="Kind of activity."
    )
    course = _related(Course, "The course it was done in. Null: none.")
    lesson = _related(Lesson, "The lesson it was done in. Null: none.")
    resource = _related(Resource, "The resource it was done with. Null: none.")
    assessment = _related(Assessment, "The assessment it was done with. Null: none.")
    data = ShapedJSONField(
        **defaults_to(dict),
        blank=True,
        validators=[validate_activity_data],
        help_text="Further data: a JSON object of at most 4 KB, 5 levels deep. A number `time_spent` is "
        "learning time in seconds, at most 4 hours.",
    )

    class Meta:
        verbose_name_plural = "user activities"
        indexes = [
            models.Index(fields=["user", "-created_date"], name="activity_by_user"),
            models.Index(fields=["course", "-created_date"], name="activity_by_course"),
            models.Index(fields=["activity_type"], name="activity_type"),
        ]
        constraints = [
            models.CheckConstraint(
                name="activity_type_is_known", condition=Q(activity_type__in=ActivityType.values)
            ),
            models.CheckConstraint(name="activity_data_is_object", condition=json_is("data", "object")),
            models.CheckConstraint(name="activity_data_is_shallow", condition=json_has_no("data", _TOO_DEEP)),
            models.CheckConstraint(
                name="activity_data_is_small",
                condition=Q(
                    LessThanOrEqual(
                        Func(
                            Cast("data", models.TextField()),
                            function="octet_length",
                            output_field=IntegerField(),
                        ),
                        MAX_ACTIVITY_DATA_BYTES,
                    )
                ),
            ),
            StatisticsInput(
                name="activity_in_statistics",
                owners=["user", "course"],
                columns=["user", "course", "created_date", "data"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.activity_type}"
