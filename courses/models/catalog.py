"""Courses, their lessons and resources, and enrolments."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from courses.constants import (
    MAX_DURATION_SECONDS,
    MAX_RATING,
    MIN_RATING,
    EnrollmentStatus,
    ResourceKind,
)
from courses.mixins import OrderedMixin, TimeStampedMixin
from courses.utils.constraints import Range, between
from courses.utils.folding import SeparatedWords
from courses.utils.model_helpers import defaults_to
from courses.utils.row_counts import MeanOfCounts, SumOfCounts
from courses.utils.statistics_inputs import StatisticsInput, StatisticsOwner
from courses.validators import HTTPS_URL_PATTERN, validate_https_url, validate_not_blank


def _price_field(help_text: str) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        max_digits=10,
        decimal_places=2,
        **defaults_to(Decimal(0)),
        validators=[MinValueValidator(Decimal(0))],
        help_text=help_text,
    )


def _currency_field() -> "models.CharField[Any, Any]":
    return models.CharField(
        max_length=3,
        **defaults_to("EUR"),
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Please give three capital letters, for example EUR.")],
        help_text="Currency of the price: three capital letters of ISO 4217, such as EUR.",
    )


COURSE_WORDS = SearchVector(SeparatedWords("title"), SeparatedWords("description"), config="simple")
"""Search vector of a course, as it is indexed."""

_DURATION = Range(0, MAX_DURATION_SECONDS)
RATINGS = range(MIN_RATING, MAX_RATING + 1)


def no_ratings() -> list[int]:
    """Return the counts of ratings of a course without reviews."""
    return [0 for _ in RATINGS]


APPROVED_REVIEW_COUNT = SumOfCounts("rating_counts", values=MAX_RATING)
"""Number of approved reviews. Over courses."""


class Course(TimeStampedMixin):
    """A course: lessons in order, taught by its instructors."""

    slug = models.SlugField(
        max_length=100,
        unique=True,
        help_text="Name in URLs: letters, digits, hyphens and underscores, at most 100. Unique, ignoring case.",
    )
    title = models.CharField(
        max_length=255, validators=[validate_not_blank], help_text="The title, at most 255 characters."
    )
    description = models.TextField(blank=True, **defaults_to(""), help_text="Description of the course.")
    instructors = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="taught_courses",
        help_text="The people who teach it, write its assessments and grade.",
    )
    is_published = models.BooleanField(
        **defaults_to(False),
        help_text="Whether everybody sees the course. A draft is visible only to its staff and to people who "
        "take it already.",
    )
    decimal_comma = models.BooleanField(
        **defaults_to(False),
        help_text="Whether 3,14 is a number in responses to NUMERIC texts, like 3.14. A comma before exactly three "
        "digits never makes one, because it may separate thousands. Answers of the key are written with a point.",
    )
    price = _price_field("Price of an enrolment in `currency`, with two decimals. 0: it is free.")
    currency = _currency_field()
    rating_counts = ArrayField(
        models.PositiveIntegerField(),
        size=MAX_RATING,
        **defaults_to(no_ratings),
        editable=False,
        help_text="How many approved reviews gave 1, 2, 3, 4 and 5 stars. Counted by the database.",
    )
    average_rating = models.GeneratedField(
        expression=MeanOfCounts("rating_counts", low=MIN_RATING, high=MAX_RATING),
        output_field=models.DecimalField(max_digits=3, decimal_places=2),
        db_persist=True,
        help_text="The mean of its approved reviews, two decimals. 0: there are none.",
    )
    learner_count = models.PositiveIntegerField(
        **defaults_to(0),
        editable=False,
        help_text="How many people took it, not withdrawn, when statistics were last computed.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["-created_date", "-id"], name="course_newest"),
            models.Index(fields=["-updated_date"], name="course_changed"),
            models.Index(fields=["title", "id"], name="course_by_title"),
            models.Index(fields=["-average_rating", "-id"], name="course_best_rated"),
            models.Index(fields=["-learner_count", "-id"], name="course_most_taken"),
            GinIndex(COURSE_WORDS, name="course_words"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("slug"),
                name="unique_course_slug_whatever_case",
                violation_error_message="Another course has this slug. Please choose a different one.",
            ),
            models.CheckConstraint(name="course_price_not_negative", condition=Q(price__gte=0)),
            models.CheckConstraint(
                name="course_currency_is_code", condition=Q(currency__regex=r"^[A-Z]{3}$")
            ),
            StatisticsOwner(name="course_has_statistics"),
        ]

    def __str__(self) -> str:
        return self.title


class Lesson(TimeStampedMixin, OrderedMixin):
    """A lesson: one step of a course."""

    ordered_within = "course"

    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="lessons", help_text="The course it belongs to."
    )
    title = models.CharField(
        max_length=255, validators=[validate_not_blank], help_text="The title, at most 255 characters."
    )
    content = models.TextField(blank=True, **defaults_to(""), help_text="Text of the lesson, in Markdown.")
    duration_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=_DURATION.validators,
        help_text="Duration of the lesson, in seconds, at most 31,536,000 (a year). Null: not stated.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["course", "order"], name="unique_lesson_order", deferrable=models.Deferrable.IMMEDIATE
            ),
            _DURATION.constraint("duration_seconds", "lesson_duration_in_range"),
            StatisticsInput(name="lesson_in_statistics", owners=["course"], columns=["course"]),
        ]

    def __str__(self) -> str:
        return self.title


class Resource(TimeStampedMixin):
    """Material to read, watch or download that goes with a lesson."""

    lesson = models.ForeignKey(
        Lesson, on_delete=models.CASCADE, related_name="resources", help_text="The lesson it goes with."
    )
    title = models.CharField(
        max_length=255, validators=[validate_not_blank], help_text="The title, at most 255 characters."
    )
    kind = models.CharField(
        max_length=20,
        choices=ResourceKind.choices,
        **defaults_to(ResourceKind.OTHER),
        help_text="Kind of material that the address leads to.",
    )
    url = models.URLField(
        max_length=500,
        validators=[validate_https_url],
        help_text="Absolute address, beginning with https://, at most 500 characters.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="resource_kind_is_known", condition=Q(kind__in=ResourceKind.values)),
            models.CheckConstraint(name="resource_url_is_https", condition=Q(url__regex=HTTPS_URL_PATTERN)),
        ]

    def __str__(self) -> str:
        return self.title


class Enrollment(TimeStampedMixin):
    """Enrolment of a person in a course. Leaving the course keeps it, with the status WITHDRAWN."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="enrollments",
        help_text="The learner.",
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.CASCADE,
        db_index=False,  # the indexes below begin with it, and give rosters their order
        related_name="enrollments",
        help_text="The course that is taken.",
    )
    status = models.CharField(
        max_length=20,
        choices=EnrollmentStatus.choices,
        **defaults_to(EnrollmentStatus.ACTIVE),
        help_text="Status of the enrolment.",
    )
    progress_percentage = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        **defaults_to(Decimal(0)),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="Progress: share of lessons completed, in percent, 0 to 100, two decimals.",
    )
    enrolled_date = models.DateTimeField(auto_now_add=True, help_text="Time of the first enrolment.")
    completed_date = models.DateTimeField(
        null=True, blank=True, help_text="Time at which the last lesson was completed. Null until then."
    )
    withdrawn_date = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the learner last left the course, kept after coming back. Null: never.",
    )
    price_paid = _price_field("What was paid for it, in `currency`.")
    currency = _currency_field()

    class Meta:
        indexes = [
            models.Index(fields=["user", "-enrolled_date"], name="enrollment_by_user"),
            models.Index(fields=["course", "status", "-enrolled_date"], name="enrollment_by_status"),
            models.Index(fields=["course", "-enrolled_date"], name="enrollment_newest_of_course"),
            models.Index(fields=["course", "-updated_date"], name="enrollment_changed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "course"], name="unique_enrollment"),
            models.CheckConstraint(
                name="enrollment_status_is_known", condition=Q(status__in=EnrollmentStatus.values)
            ),
            models.CheckConstraint(
                name="enrollment_progress_in_percent", condition=between("progress_percentage", 0, 100)
            ),
            models.CheckConstraint(
                name="enrollment_completed_has_date",
                condition=(~Q(status=EnrollmentStatus.COMPLETED) | Q(completed_date__isnull=False))
                & (~Q(status=EnrollmentStatus.ACTIVE) | Q(completed_date__isnull=True)),
            ),
            models.CheckConstraint(name="enrollment_price_not_negative", condition=Q(price_paid__gte=0)),
            models.CheckConstraint(
                name="enrollment_currency_is_code", condition=Q(currency__regex=r"^[A-Z]{3}$")
            ),
            StatisticsInput(
                name="enrollment_in_statistics_of_course",
                owners=["course"],
                columns=[
                    "user",
                    "course",
                    "status",
                    "progress_percentage",
                    "enrolled_date",
                    "completed_date",
                    "price_paid",
                    "currency",
                ],
            ),
            StatisticsInput(
                name="enrollment_in_statistics_of_person", owners=["user"], columns=["user", "status"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.course}"


class LessonCompletion(TimeStampedMixin):
    """A person has completed a lesson."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="lesson_completions",
        help_text="The learner.",
    )
    lesson = models.ForeignKey(
        Lesson,
        on_delete=models.CASCADE,
        related_name="completions",
        help_text="The lesson that was completed.",
    )
    completed_date = models.DateTimeField(auto_now_add=True, help_text="When it was completed first.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "lesson"], name="unique_lesson_completion")]

    def __str__(self) -> str:
        return f"{self.user} completed {self.lesson}"
