"""Moderation of reviews."""

from typing import TypedDict, Unpack

from django.db import transaction

from courses import exceptions
from courses.constants import EventType
from courses.models import Review, User
from courses.rules.words import trimmed
from courses.selectors.reviews import SeenReview
from courses.services import events
from courses.services.reviews import locked_review


class ModerationDecision(TypedDict, total=False):
    """Decision of a moderator on a review. A missing key keeps its value."""

    is_approved: bool
    is_featured: bool
    moderation_notes: str


@transaction.atomic
def moderate_review(*, moderator: User, review_id: int, **decision: Unpack[ModerationDecision]) -> Review:
    """Approve a review or withdraw the approval, feature it, note why.

    A review that is no longer approved is no longer featured either. Raises NotFound, PermissionDenied for
    people who do not moderate this course and for one's own review, or Invalid for featuring one that is not
    approved.
    """
    review = locked_review(moderator, review_id)
    _require_moderator(moderator, review)
    was_approved = review.is_approved
    review.is_approved = decision.get("is_approved", review.is_approved)
    if decision.get("is_featured") and not review.is_approved:
        raise exceptions.Invalid(
            "Only a review that is approved can be featured. Please approve it as well.", ["isFeatured"]
        )
    review.is_featured = decision.get("is_featured", review.is_featured) and review.is_approved
    review.moderation_notes = trimmed(decision.get("moderation_notes", review.moderation_notes))
    review.save(update_fields=["is_approved", "is_featured", "moderation_notes", "updated_date"])
    is_new = review.is_approved and not was_approved
    events.record_of_review(EventType.REVIEW_APPROVED if is_new else EventType.REVIEW_CHANGED, review)
    return review


def _require_moderator(moderator: User, review: SeenReview) -> None:
    if review.user_id == moderator.pk:
        raise exceptions.PermissionDenied(
            "You cannot moderate your own review. Please ask another moderator.", ["reviewId"]
        )
    if not review.viewer_may_moderate:
        raise exceptions.PermissionDenied(
            "Only instructors of the course and platform staff can moderate its reviews.", ["reviewId"]
        )
