"""Reviews narrowed to a viewer, and eligibility to write them."""

from typing import TypeAlias, TypedDict

from django.db.models import Exists, OuterRef, QuerySet

from courses.models import Course, Review, ReviewVote
from courses.policies import participation
from courses.policies.participation import NEVER, Viewer
from courses.policies.reviews import may_moderate_review, may_see_review
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


def votes_of(viewer: Viewer) -> QuerySet[ReviewVote]:
    """Return the viewer's votes for reviews that they found helpful."""
    return ReviewVote.objects.filter(user=viewer) if viewer else ReviewVote.objects.none()


class _ToReview(TypedDict):
    instructs: bool
    has_taken: bool
    has_reviewed: bool


CourseToReview: TypeAlias = WithAnnotations[Course, _ToReview]
"""A course with the annotations of `courses_to_review`."""


def courses_to_review(viewer: Viewer) -> QuerySet[CourseToReview]:
    """Return all courses with the viewer's ReviewEligibility."""
    if viewer is None:
        return Course.objects.none().annotate(instructs=NEVER, has_taken=NEVER, has_reviewed=NEVER)
    return Course.objects.annotate(
        instructs=participation.instructs(viewer),
        has_taken=participation.has_ever_taken(viewer),
        has_reviewed=Exists(Review.objects.filter(course=OuterRef("pk"), user=viewer)),
    )
