"""Mutations that accommodate learners: for the staff of the course."""

from datetime import datetime
from decimal import Decimal

import strawberry

from courses import models
from courses.services import accommodations as services
from schema.catalog.outcomes import LearnerOutcome
from schema.context import Info
from schema.core import ids
from schema.core.inputs import changes, like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, UserErrorCode, mutation


@strawberry.input(
    description="Settings that are to count for learners, in one assessment or in all of a course. "
    "Settings left out keep what an earlier grant said; null leaves them to the course or the assessment again. "
    "`timeFactor` and `extraMinutes` are one setting: naming one replaces both."
)
class GrantAccommodationInput:
    learner_ids: list[strawberry.ID] = strawberry.field(
        description="Global ids of people who take the course, at most 200."
    )
    course_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Global id of a course that the viewer teaches, for all of its assessments. May be left out where "
        "`assessmentId` is given.",
    )
    assessment_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Global id of the only assessment that it is to count for. Null: all of the course.",
    )
    time_factor: Decimal | None = like(models.Accommodation, "time_factor")
    extra_minutes: int | None = like(models.Accommodation, "extra_minutes")
    extra_attempts: int | None = like(models.Accommodation, "extra_attempts")
    opens_at: datetime | None = like(models.Accommodation, "opens_at")
    closes_at: datetime | None = like(models.Accommodation, "closes_at")
    may_retake_after_key: bool | None = like(models.Accommodation, "may_retake_after_key")
    reason: str | None = like(models.Accommodation, "reason")
    apply_to_open_attempts: bool = strawberry.field(
        default=False,
        description="Whether deadlines of open attempts move to what counts now, where that is later.",
    )


@strawberry.type(description="Outcome of the grant for each learner.")
class GrantAccommodationPayload(Payload):
    outcomes: list[LearnerOutcome] = strawberry.field(
        default_factory=list, description="Outcome for each of `learnerIds`, in their order."
    )


@strawberry.input(description="The accommodation to revoke.")
class RevokeAccommodationInput:
    accommodation_id: strawberry.ID = strawberry.field(
        description="Global id of an accommodation in a course that the viewer teaches."
    )


@strawberry.type(description="The accommodation that was revoked.")
class RevokeAccommodationPayload(Payload):
    revoked_accommodation_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the revoked accommodation."
    )


_PLACE = ("learner_ids", "course_id", "assessment_id", "apply_to_open_attempts")
_NULLABLE = (
    "time_factor",
    "extra_minutes",
    "extra_attempts",
    "opens_at",
    "closes_at",
    "may_retake_after_key",
)


@strawberry.type
class AccommodationMutation:
    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Grant learners an accommodation: more time, more attempts, a window of their own. A second grant "
        "replaces what it names and leaves the rest. All that can be done is done, with an outcome for each learner. "
        "For the staff of the course.",
    )
    def grant_accommodation(info: Info, input: GrantAccommodationInput) -> GrantAccommodationPayload:
        outcomes = services.grant_accommodation(
            author=info.context.person,
            learner_ids=[ids.pk(learner_id, "User") for learner_id in input.learner_ids],
            course_id=ids.optional_pk(input.course_id, "Course", "courseId"),
            assessment_id=ids.optional_pk(input.assessment_id, "Assessment", "assessmentId"),
            apply_to_open_attempts=input.apply_to_open_attempts,
            **changes(input, apart_from=_PLACE, nullable=_NULLABLE),
        )
        return GrantAccommodationPayload(outcomes=[_shown(outcome) for outcome in outcomes])

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Revoke an accommodation. Attempts that run keep their deadlines. For the staff of the course.",
    )
    def revoke_accommodation(info: Info, input: RevokeAccommodationInput) -> RevokeAccommodationPayload:
        accommodation_id = ids.required_pk(input.accommodation_id, "Accommodation", "accommodationId")
        services.revoke_accommodation(author=info.context.person, accommodation_id=accommodation_id)
        return RevokeAccommodationPayload(revoked_accommodation_id=input.accommodation_id)


def _shown(outcome: services.AccommodationOutcome) -> LearnerOutcome:
    return LearnerOutcome(
        learner_id=outcome.learner_id,
        accommodation_id=outcome.accommodation_id,
        code=UserErrorCode[outcome.refusal.code] if outcome.refusal else None,
        message=outcome.refusal.message if outcome.refusal else None,
    )
