"""Who may see, write and moderate reviews. Over reviews, or over a person's standing where it says so."""

from dataclasses import dataclass

from django.db.models import Q

from courses import exceptions
from courses.policies.participation import NOBODY, Viewer, teaches


def may_see_review(viewer: Viewer) -> Q:
    """Approved ones of published courses are everybody's; authors see their own, the course's staff all."""
    approved = Q(is_approved=True, course__is_published=True)
    if viewer is None:
        return approved
    return approved | Q(user_id=viewer.pk) | teaches(viewer, "course_id")


def may_moderate_review(viewer: Viewer) -> Q:
    """The staff of its course, and nobody their own."""
    if viewer is None:
        return NOBODY
    return teaches(viewer, "course_id") & ~Q(user_id=viewer.pk)


@dataclass(frozen=True)
class Standing:
    """What counts when somebody wants to review a course."""

    instructs: bool
    has_taken: bool
    has_reviewed: bool


def refusal_to_review(standing: Standing) -> exceptions.Refusal | None:
    """Why a person of this standing may not review the course; None when they may."""
    if standing.instructs:
        return exceptions.PermissionDenied("You teach this course, so you cannot review it.", ["courseId"])
    if not standing.has_taken:
        return exceptions.NotEnrolled(field=["courseId"])
    if standing.has_reviewed:
        return exceptions.AlreadyReviewed(field=["courseId"])
    return None
