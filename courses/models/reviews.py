"""Public reviews of courses, and votes on them."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q

from courses.constants import MAX_RATING, MIN_RATING, MIN_REVIEW_CONTENT_LENGTH
from courses.mixins import TimeStampedMixin
from courses.models.catalog import Course, Enrollment
from courses.utils.constraints import between
from courses.utils.model_helpers import defaults_to
from courses.utils.row_counts import RowCount, RowCountPerValue
from courses.utils.statistics_inputs import StatisticsInput
from courses.validators import MinVisibleLengthValidator, validate_not_blank


class Review(TimeStampedMixin):
    """A learner's review of a course: a rating and a text, public once it is approved."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews", help_text="Who wrote it."
    )
    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="reviews", help_text="The course it is about."
    )
    rating = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(MIN_RATING), MaxValueValidator(MAX_RATING)],
        help_text="Rating in stars, 1 (poor) to 5 (excellent).",
    )
    title = models.CharField(
        max_length=255,
        blank=True,
        **defaults_to(""),
        validators=[validate_not_blank],
        help_text="The title, at most 255 characters. May be empty.",
    )
    content = models.TextField(
        validators=[MinVisibleLengthValidator(MIN_REVIEW_CONTENT_LENGTH)],
        help_text="Text of the review, at least 10 characters, white space around it not counted.",
    )
    helpful_count = models.PositiveIntegerField(
        **defaults_to(0), help_text="Number of helpful votes (denormalised: counted by the database)."
    )
    is_verified_purchase = models.BooleanField(
        **defaults_to(False),
        help_text="Whether its author is or was enrolled in the course; determined by the server.",
    )
    is_approved = models.BooleanField(
        **defaults_to(False),
        help_text="Whether it is approved: only then do other people see it, and does its rating count.",
    )
    is_featured = models.BooleanField(
        **defaults_to(False),
        help_text="Whether it is featured, that is shown in a prominent place. Only an approved review can be.",
    )
    moderation_notes = models.TextField(
        blank=True, **defaults_to(""), help_text="Notes between moderators. The author never sees them."
    )

    class Meta:
        indexes = [
            models.Index(fields=["course", "-created_date"], name="review_by_course"),
            models.Index(fields=["course", "-updated_date"], name="review_changed"),
            models.Index(fields=["user", "-created_date"], name="review_by_user"),
            models.Index(fields=["is_approved", "is_featured"], name="review_by_moderation"),
            models.Index(fields=["rating"], name="review_rating"),
            models.Index(fields=["created_date"], name="review_waiting", condition=Q(is_approved=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "course"],
                name="unique_user_course_review",
                violation_error_message="You have reviewed this course already.",
            ),
            models.CheckConstraint(
                name="review_rating_in_stars", condition=between("rating", MIN_RATING, MAX_RATING)
            ),
            models.CheckConstraint(
                name="review_featured_is_approved",
                condition=Q(is_featured=False) | Q(is_approved=True),
                violation_error_message="Only a review that is approved can be featured.",
            ),
            RowCountPerValue(
                name="approved_reviews_counted",
                reference="course",
                column="rating_counts",
                value="rating",
                low=MIN_RATING,
                high=MAX_RATING,
                flag="is_approved",
            ),
            StatisticsInput(name="review_in_statistics", owners=["course"], columns=["user", "course"]),
        ]

    def __str__(self) -> str:
        return f"{self.rating} of {MAX_RATING} for {self.course}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Set whether the author is or was enrolled, and save."""
        written = kwargs.get("update_fields")
        with transaction.atomic():
            if written is None or "is_verified_purchase" in written:
                enrollments = Enrollment.objects.filter(user_id=self.user_id, course_id=self.course_id)
                self.is_verified_purchase = enrollments.exists()
            super().save(*args, **kwargs)


class ReviewVote(TimeStampedMixin):
    """A person found a review helpful. Taking it back removes the row."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="review_votes",
        help_text="Who voted.",
    )
    review = models.ForeignKey(
        Review, on_delete=models.CASCADE, related_name="votes", help_text="The review that was helpful."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "review"], name="unique_review_vote"),
            RowCount(reference="review", column="helpful_count", name="review_votes_counted"),
        ]

    def __str__(self) -> str:
        return f"{self.user} found {self.review} helpful"
