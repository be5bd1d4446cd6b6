"""Rules on seeing, writing and moderating reviews. Over reviews, or over a person's eligibility where it says so."""

from typing import Protocol

from django.db.models import Q

from courses import exceptions
from courses.policies.participation import NEVER, Viewer, teaches


def may_see_review(viewer: Viewer) -> Q:
    """Return a predicate: approved in a published course, the viewer's own, or in a course that the viewer teaches."""
    approved = Q(is_approved=True, course__is_published=True)
    if viewer is None:
        return approved
    return approved | Q(user_id=viewer.pk) | teaches(viewer, "course_id")


def may_moderate_review(viewer: Viewer) -> Q:
    """Return a predicate: the viewer is staff of its course, and not its author."""
    if viewer is None:
        return NEVER
    return teaches(viewer, "course_id") & ~Q(user_id=viewer.pk)


class ReviewEligibility(Protocol):
    """Facts that decide whether a person may review a course."""

    @property
    def instructs(self) -> bool:
        """True if they are named as an instructor of the course."""

    @property
    def has_taken(self) -> bool:
        """True if they are or were enrolled."""

    @property
    def has_reviewed(self) -> bool:
        """True if they have written a review of the course."""


def refusal_to_review(eligibility: ReviewEligibility) -> exceptions.Refusal | None:
    """Return the reason why a person may not review the course; None when they may."""
    if eligibility.instructs:
        return exceptions.PermissionDenied("You teach this course, so you cannot review it.", ["courseId"])
    if not eligibility.has_taken:
        return exceptions.NotEnrolled(field=["courseId"])
    if eligibility.has_reviewed:
        return exceptions.AlreadyReviewed(field=["courseId"])
    return None
