"""Mutations of reviews: create, update and delete one's own, vote one helpful, moderate."""

import strawberry

from courses import models
from courses.services import moderation
from courses.services import reviews as services
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import LEFT_OUT_STAYS, changes, like, required_like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import reviews as loaders
from schema.reviews.types import Review


@strawberry.input(description="A review to write of a course.")
class CreateReviewInput:
    course_id: strawberry.ID = strawberry.field(
        description="Global id of a course that the viewer takes or took."
    )
    rating: int = required_like(models.Review, "rating")
    title: str = like(models.Review, "title", default="")
    content: str = required_like(models.Review, "content")


@strawberry.type(description="The new review, which may wait for approval.")
class CreateReviewPayload(Payload):
    review_id: strawberry.Private[int | None] = None
    review: Review | None = declared(loaders.review_of_payload, "Review as it is stored now.")


@strawberry.input(description=f"Changes to a review by the viewer. {LEFT_OUT_STAYS}")
class UpdateReviewInput:
    review_id: strawberry.ID = strawberry.field(description="Global id of a review by the viewer.")
    rating: int | None = like(models.Review, "rating")
    title: str | None = like(models.Review, "title")
    content: str | None = like(models.Review, "content")


@strawberry.type(description="The changed review, which may wait for approval again.")
class UpdateReviewPayload(Payload):
    review_id: strawberry.Private[int | None] = None
    review: Review | None = declared(loaders.review_of_payload, "Review as it is stored now.")


@strawberry.input(description="The review to delete.")
class DeleteReviewInput:
    review_id: strawberry.ID = strawberry.field(
        description="Global id of a review by the viewer, or for the platform's staff of any review."
    )


@strawberry.type(description="The review that was deleted.")
class DeleteReviewPayload(Payload):
    deleted_review_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the deleted review."
    )


@strawberry.input(description="A helpful vote for a review, to give or to withdraw.")
class VoteReviewHelpfulInput:
    review_id: strawberry.ID = strawberry.field(description="Global id of a review by somebody else.")
    helpful: bool = strawberry.field(description="True to give the vote, false to withdraw it.")


@strawberry.type(description="The review with its new number of votes.")
class VoteReviewHelpfulPayload(Payload):
    review_id: strawberry.Private[int | None] = None
    review: Review | None = declared(loaders.review_of_payload, "Review as it is stored now.")


@strawberry.input(description=f"A moderator's decision on a review. {LEFT_OUT_STAYS}")
class ModerateReviewInput:
    review_id: strawberry.ID = strawberry.field(description="Global id of a review by somebody else.")
    is_approved: bool | None = like(models.Review, "is_approved")
    is_featured: bool | None = like(models.Review, "is_featured")
    moderation_notes: str | None = like(models.Review, "moderation_notes")


@strawberry.type(description="The review after the decision.")
class ModerateReviewPayload(Payload):
    review_id: strawberry.Private[int | None] = None
    review: Review | None = declared(loaders.review_of_payload, "Review as it is stored now.")


@strawberry.type
class ReviewMutation:
    @mutation(
        scope=Scope.REVIEWS_WRITE,
        description="Review a course that the viewer takes or took; each person once.",
    )
    def create_review(info: Info, input: CreateReviewInput) -> CreateReviewPayload:
        review = services.create_review(
            author=info.context.person,
            course_id=ids.required_pk(input.course_id, "Course", "courseId"),
            rating=input.rating,
            title=input.title,
            content=input.content,
        )
        return CreateReviewPayload(review_id=review.pk)

    @mutation(
        scope=Scope.REVIEWS_WRITE,
        description="Change a review of the viewer. Unless the platform approves reviews at once, it waits for "
        "approval again.",
    )
    def update_review(info: Info, input: UpdateReviewInput) -> UpdateReviewPayload:
        review = services.update_review(
            author=info.context.person,
            review_id=ids.required_pk(input.review_id, "Review", "reviewId"),
            **changes(input, apart_from=("review_id",)),
        )
        return UpdateReviewPayload(review_id=review.pk)

    @mutation(
        scope=Scope.REVIEWS_WRITE,
        description="Delete a review of the viewer. The platform's staff can delete any review.",
    )
    def delete_review(info: Info, input: DeleteReviewInput) -> DeleteReviewPayload:
        review_id = ids.required_pk(input.review_id, "Review", "reviewId")
        services.delete_review(actor=info.context.person, review_id=review_id)
        return DeleteReviewPayload(deleted_review_id=ids.encode("Review", review_id))

    @mutation(
        scope=Scope.REVIEWS_WRITE,
        description="Give somebody else's review a helpful vote, or withdraw it. Idempotent.",
    )
    def vote_review_helpful(info: Info, input: VoteReviewHelpfulInput) -> VoteReviewHelpfulPayload:
        review = services.vote_review_helpful(
            voter=info.context.person,
            review_id=ids.required_pk(input.review_id, "Review", "reviewId"),
            helpful=input.helpful,
        )
        return VoteReviewHelpfulPayload(review_id=review.pk)

    @mutation(
        scope=Scope.REVIEWS_WRITE,
        description="Approve, feature or annotate somebody else's review. For the staff of the course.",
    )
    def moderate_review(info: Info, input: ModerateReviewInput) -> ModerateReviewPayload:
        review = moderation.moderate_review(
            moderator=info.context.person,
            review_id=ids.required_pk(input.review_id, "Review", "reviewId"),
            **changes(input, apart_from=("review_id",)),
        )
        return ModerateReviewPayload(review_id=review.pk)
