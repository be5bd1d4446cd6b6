"""Output types of reviews, and of a course's ratings in aggregate."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from django.db.models import Case, When
from django.db.models.lookups import GreaterThan

from courses import models
from courses.constants import Scope
from courses.models.catalog import APPROVED_REVIEW_COUNT, RATINGS
from courses.selectors.reviews import SeenReview
from schema.core.fields import column, computed, declared, described
from schema.core.ids import Node, node
from schema.dataloaders import catalog as catalog_loaders
from schema.dataloaders import people as people_loaders
from schema.dataloaders import reviews as loaders
from schema.people.types import User

if TYPE_CHECKING:
    from schema.catalog.types import Course


@node(models.Review, by_pk=loaders.review_by_id, scope=Scope.COURSES_READ)
class Review(Node):
    rating: int
    title: str
    content: str
    helpful_count: int
    is_verified_purchase: bool
    is_approved: bool
    is_featured: bool
    created_at: datetime = column("created_date")
    updated_at: datetime = column("updated_date")
    course: Annotated["Course", strawberry.lazy("schema.catalog.types")] = declared(
        catalog_loaders.course_of, "Course that the review is about."
    )
    author: User = declared(people_loaders.user_of, "Person who wrote the review.")
    viewer_found_helpful: bool = declared(
        loaders.viewer_found_review_helpful,
        "Whether the viewer voted the review helpful. False for anonymous requests.",
    )

    @computed(
        "Notes between moderators. Null for everyone else, the author included.",
        columns=("moderation_notes", "viewer_may_moderate"),
    )
    def moderation_notes(root: SeenReview) -> str | None:
        return root.moderation_notes if root.viewer_may_moderate else None


@strawberry.type(description="Number of reviews with one rating: a bar of the histogram.")
class RatingCount:
    rating: int = described("Rating in stars, 1 (poor) to 5 (excellent).")
    count: int = described("Number of approved reviews with this rating.")


@strawberry.type(description="Summary of the approved reviews of a course.")
class ReviewSummary:
    @computed("Number of approved reviews.", columns=("rating_counts",), in_sql=APPROVED_REVIEW_COUNT)
    def count(root: models.Course) -> int:
        return sum(root.rating_counts)

    @computed(
        "Mean rating in stars, 1 to 5, two decimals, rounded half up. Null when there are no "
        "approved reviews.",
        columns=("rating_counts", "average_rating"),
        in_sql=Case(When(GreaterThan(APPROVED_REVIEW_COUNT, 0), then="average_rating")),
    )
    def average_rating(root: models.Course) -> Decimal | None:
        return root.average_rating if any(root.rating_counts) else None

    @computed(
        "Approved reviews by rating: always five entries, from 5 stars down to 1.", columns=("rating_counts",)
    )
    def histogram(root: models.Course) -> list[RatingCount]:
        counts = zip(RATINGS, root.rating_counts, strict=True)
        return [RatingCount(rating=rating, count=count) for rating, count in counts][::-1]
