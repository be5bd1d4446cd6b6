"""What can be done with reviews: write, edit and delete one's own, find one helpful, and moderate."""

import strawberry

from courses.services import moderation
from courses.services import reviews as services
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import changes
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import reviews as loaders
from schema.reviews.types import Review


@strawberry.input(description="A review of a course that the viewer takes or took.")
class CreateReviewInput:
    course_id: strawberry.ID = strawberry.field(description="The course.")
    rating: int = strawberry.field(description="Stars, from 1 (poor) to 5 (excellent).")
    title: str = strawberry.field(default="", description="At most 255 characters.")
    content: str = strawberry.field(description="At least 10 characters, white space around it not counted.")


@strawberry.type(description="The new review, which may have to wait for approval.")
class CreateReviewPayload(Payload):
    review_id: strawberry.Private[int | None] = None
    review: Review | None = declared(loaders.review_of_payload, "The review as it was stored.")


@strawberry.input(description="What to change of one's own review. What is left out stays as it is.")
class UpdateReviewInput:
    review_id: strawberry.ID = strawberry.field(description="A review by the viewer.")
    rating: int | None = strawberry.field(default=strawberry.UNSET, description="Stars, from 1 to 5.")
    title: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 255 characters; may be empty."
    )
    content: str | None = strawberry.field(
        default=strawberry.UNSET, description="At least 10 characters, white space around it not counted."
    )


@strawberry.type(description="The edited review, which may have to wait for approval again.")
class UpdateReviewPayload(Payload):
    review_id: strawberry.Private[int | None] = None
    review: Review | None = declared(loaders.review_of_payload, "The review as it was stored.")


@strawberry.input(description="Which review to delete.")
class DeleteReviewInput:
    review_id: strawberry.ID = strawberry.field(description="A review by the viewer.")


@strawberry.type(description="What was deleted.")
class DeleteReviewPayload(Payload):
    deleted_review_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that the review had."
    )


@strawberry.input(description="Which review is helpful, or is so no longer.")
class VoteReviewHelpfulInput:
    review_id: strawberry.ID = strawberry.field(description="A review by somebody else.")
    helpful: bool = strawberry.field(description="True to say that it helped, false to take that back.")


@strawberry.type(description="The review with the votes as they stand now.")
class VoteReviewHelpfulPayload(Payload):
    review_id: strawberry.Private[int | None] = None
    review: Review | None = declared(loaders.review_of_payload, "The review, vote included.")


@strawberry.input(description="A moderator's decision. What is left out stays as it is.")
class ModerateReviewInput:
    review_id: strawberry.ID = strawberry.field(description="A review by somebody else.")
    is_approved: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether other people see it and its rating counts."
    )
    is_featured: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether it is shown in a prominent place. It has to be approved for that.",
    )
    moderation_notes: str | None = strawberry.field(
        default=strawberry.UNSET, description="For other moderators. The author never sees it."
    )


@strawberry.type(description="The review after the decision.")
class ModerateReviewPayload(Payload):
    review_id: strawberry.Private[int | None] = None
    review: Review | None = declared(loaders.review_of_payload, "The review as it is now.")


@strawberry.type
class ReviewMutation:
    @mutation(scope=Scope.REVIEWS_WRITE, description="Review a course, once.")
    def create_review(info: Info, input: CreateReviewInput) -> CreateReviewPayload:
        review = services.create_review(
            author=info.context.person,
            course_id=ids.required_pk(input.course_id, "Course", "courseId"),
            rating=input.rating,
            title=input.title,
            content=input.content,
        )
        return CreateReviewPayload(review_id=review.pk)

    @mutation(scope=Scope.REVIEWS_WRITE, description="Edit one's own review. It loses its approval by that.")
    def update_review(info: Info, input: UpdateReviewInput) -> UpdateReviewPayload:
        review = services.update_review(
            author=info.context.person,
            review_id=ids.required_pk(input.review_id, "Review", "reviewId"),
            **changes(input, apart_from=("review_id",)),
        )
        return UpdateReviewPayload(review_id=review.pk)

    @mutation(
        scope=Scope.REVIEWS_WRITE,
        description="Delete one's own review. Staff of the platform can delete anybody's.",
    )
    def delete_review(info: Info, input: DeleteReviewInput) -> DeleteReviewPayload:
        review_id = ids.required_pk(input.review_id, "Review", "reviewId")
        services.delete_review(actor=info.context.person, review_id=review_id)
        return DeleteReviewPayload(deleted_review_id=ids.encode("Review", review_id))

    @mutation(
        scope=Scope.REVIEWS_WRITE,
        description="Say that somebody else's review helped, or take that back. Twice is once.",
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
        description="Decide on a review: for instructors of its course and staff of the platform.",
    )
    def moderate_review(info: Info, input: ModerateReviewInput) -> ModerateReviewPayload:
        review = moderation.moderate_review(
            moderator=info.context.person,
            review_id=ids.required_pk(input.review_id, "Review", "reviewId"),
            **changes(input, apart_from=("review_id",)),
        )
        return ModerateReviewPayload(review_id=review.pk)
