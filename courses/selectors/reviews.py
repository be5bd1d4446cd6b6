"""Reviews narrowed to a viewer, and eligibility to write them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypedDict

from django.db.models import Exists, OuterRef, QuerySet

from courses.exceptions import PermissionDenied, Refusal
from courses.models import Course, Review, ReviewVote, User
from courses.policies import participation
from courses.policies.participation import Viewer
from courses.policies.reviews import ReviewEligibility, may_moderate_review, may_see_review, refusal_to_review
from courses.utils.annotated_rows import WithAnnotations


class _Seen(TypedDict):
    viewer_may_moderate: bool


SeenReview: TypeAlias = WithAnnotations[Review, _Seen]
"""A review with the annotations of `reviews_as_seen_by`."""


def reviews_as_seen_by(viewer: Viewer) -> QuerySet[SeenReview]:
    """Return reviews with `viewer_may_moderate`: whether the viewer decides on them and reads the moderators' notes."""
    return Review.objects.annotate(viewer_may_moderate=may_moderate_review(viewer))


def reviews_visible_to(viewer: Viewer) -> QuerySet[SeenReview]:
    """Return approved reviews, the viewer's own, and all of courses that the viewer teaches."""
    return reviews_as_seen_by(viewer).filter(may_see_review(viewer))


def reviews_of(viewer: Viewer) -> QuerySet[SeenReview]:
    """Return the viewer's own reviews, approved or not."""
    reviews = reviews_as_seen_by(viewer)
    return reviews.filter(user=viewer) if viewer else reviews.none()


def reviews_waiting_for(viewer: Viewer) -> QuerySet[SeenReview]:
    """Return unapproved reviews that the viewer may decide on."""
    return reviews_as_seen_by(viewer).filter(may_moderate_review(viewer), is_approved=False)


def found_helpful(viewer: Viewer, reviews: Sequence[int]) -> dict[int, bool]:
    """Return the reviews that the viewer found helpful."""
    if viewer is None:
        return {}
    votes = ReviewVote.objects.filter(user=viewer, review__in=reviews)
    return dict.fromkeys(votes.values_list("review", flat=True), True)


def review_refusals(viewer: Viewer, courses: Sequence[int]) -> Mapping[int, Refusal | None]:
    """Return the reason why the viewer may not review each course now; None where the viewer may."""
    if viewer is None:
        return {course: PermissionDenied("Please sign in to review this course.") for course in courses}
    return {
        course: refusal_to_review(eligibility)
        for course, eligibility in _eligibilities(viewer, courses).items()
    }


def _eligibilities(viewer: User, courses: Sequence[int]) -> dict[int, ReviewEligibility]:
    rows = Course.objects.filter(pk__in=courses).annotate(
        instructs=participation.instructs(viewer),
        has_taken=participation.has_ever_taken(viewer),
        has_reviewed=Exists(Review.objects.filter(course=OuterRef("pk"), user=viewer)),
    )
    facts = rows.values_list("pk", "instructs", "has_taken", "has_reviewed")
    return {course: ReviewEligibility(*eligibility) for course, *eligibility in facts}
