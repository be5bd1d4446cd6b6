"""Reviews of courses: creation, edits, deletion, and helpful votes.

Every write locks the row that decides it: the enrolment for a first review, else the review itself. Votes are
counted by the database.
"""

from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction

from courses import exceptions
from courses.constants import ActivityType, EventType
from courses.models import Enrollment, Review, ReviewVote, User
from courses.policies.participation import is_platform_staff
from courses.policies.reviews import refusal_to_review
from courses.rules.words import trimmed
from courses.selectors.catalog import courses_visible_to
from courses.selectors.reviews import SeenReview, courses_to_review, reviews_visible_to
from courses.services import activity, events


class ReviewChanges(TypedDict, total=False):
    """Changes of a review by its author. A missing key keeps its value."""

    rating: int
    title: str
    content: str


@transaction.atomic
def create_review(*, author: User, course_id: int, rating: int, content: str, title: str = "") -> Review:
    """Review a course that the author takes or took. It waits for approval where the platform asks for it.

    Raises NotFound, PermissionDenied for its instructors, NotEnrolled, AlreadyReviewed, or a ValidationError
    that names the fields.
    """
    _lock_enrollment(author, course_id)
    course = courses_visible_to(author).filter(pk=course_id).first()
    eligibility = courses_to_review(author).filter(pk=course_id).first()
    if course is None or eligibility is None:
        raise exceptions.NotFound(field=["courseId"])
    if refusal := refusal_to_review(eligibility):
        raise refusal
    review = Review(user=author, course=course, is_approved=_is_approved_at_once())
    _write(review, {"rating": rating, "title": title, "content": content})
    review.full_clean()
    review.save()
    activity.record(actor=author, type=ActivityType.GIVE_REVIEW, course=course)
    events.record_of_review(EventType.REVIEW_CREATED, review)
    return review


@transaction.atomic
def update_review(*, author: User, review_id: int, **changes: Unpack[ReviewChanges]) -> Review:
    """Change the parts of a review that are given. An edited one waits for approval like a new one.

    Raises NotFound, PermissionDenied for reviews of others, or a ValidationError that names the fields.
    """
    review = locked_review(author, review_id)
    if review.user_id != author.pk:
        raise exceptions.PermissionDenied("Only its author can edit a review.", ["reviewId"])
    before = (review.rating, review.title, review.content)
    _write(review, changes)
    if (review.rating, review.title, review.content) == before:
        return review
    review.is_approved, review.is_featured = _is_approved_at_once(), False
    review.full_clean()
    review.save(update_fields=["rating", "title", "content", "is_approved", "is_featured", "updated_date"])
    events.record_of_review(EventType.REVIEW_CHANGED, review)
    return review


@transaction.atomic
def delete_review(*, actor: User, review_id: int) -> None:
    """Delete a review with its votes: one's own, or as staff of the platform anybody's.

    Raises NotFound, or PermissionDenied.
    """
    review = locked_review(actor, review_id)
    if review.user_id != actor.pk and not is_platform_staff(actor):
        raise exceptions.PermissionDenied("Only its author can delete a review.", ["reviewId"])
    events.record_of_review(EventType.REVIEW_DELETED, review)
    review.delete()


@transaction.atomic
def vote_review_helpful(*, voter: User, review_id: int, helpful: bool) -> Review:
    """Add or remove the voter's helpful vote. Idempotent.

    Raises NotFound for a review that the voter may not see, or OwnReview.
    """
    review = locked_review(voter, review_id)
    if review.user_id == voter.pk:
        raise exceptions.OwnReview(field=["reviewId"])
    if helpful:
        ReviewVote.objects.bulk_create([ReviewVote(user=voter, review=review)], ignore_conflicts=True)
    else:
        ReviewVote.objects.filter(user=voter, review=review).delete()
    review.refresh_from_db(fields=["helpful_count"])
    return review


def locked_review(viewer: User, review_id: int) -> SeenReview:
    """Return the review, annotated as the viewer sees it, locked until the transaction ends. Raises NotFound."""
    visible = reviews_visible_to(viewer).filter(pk=review_id)
    review = visible.select_for_update(no_key=True, of=("self",)).first()
    if review is None:
        raise exceptions.NotFound(field=["reviewId"])
    return review


def _lock_enrollment(author: User, course_id: int) -> None:
    """Lock the enrolment, so that a learner writes one review of a course at a time."""
    rows = Enrollment.objects.filter(user=author, course=course_id)
    list(rows.select_for_update(no_key=True).values_list("pk"))


def _write(review: Review, values: ReviewChanges) -> None:
    """Assign the values that are given, texts without white space around them."""
    for name, value in values.items():
        setattr(review, name, trimmed(value) if isinstance(value, str) else value)


def _is_approved_at_once() -> bool:
    return not settings.REVIEWS_NEED_APPROVAL
