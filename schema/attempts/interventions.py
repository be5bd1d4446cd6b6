"""Mutations of the staff on attempts that run: more time, or the end."""

import strawberry

from courses.services import attempt_interventions
from schema.attempts.types import AssessmentAttempt
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import attempts as loaders


@strawberry.input(description="The attempt to give more time.")
class ExtendAttemptInput:
    attempt_id: strawberry.ID = strawberry.field(
        description="Global id of an open attempt with a deadline, in a course that the viewer teaches."
    )
    minutes: int = strawberry.field(description="Time to add to the deadline, in minutes, 1 to 525,600.")
    reason: str | None = strawberry.field(
        default=None, description="Reason, for the record, at most 2,000 characters. Null: none."
    )


@strawberry.type(description="The attempt with its later deadline.")
class ExtendAttemptPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "Attempt as it is stored now.")


@strawberry.input(description="The attempt to end.")
class CloseAttemptInput:
    attempt_id: strawberry.ID = strawberry.field(
        description="Global id of an open attempt in a course that the viewer teaches."
    )
    reason: str | None = strawberry.field(
        default=None, description="Reason, for the record, at most 2,000 characters. Null: none."
    )


@strawberry.type(description="The attempt that was ended.")
class CloseAttemptPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "Attempt, now completed.")


@strawberry.type
class InterventionMutation:
    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Give an open attempt more time, beyond `Assessment.closesAt` if need be. It is recorded, and the "
        "learner notified. For the staff of the course.",
    )
    def extend_attempt(info: Info, input: ExtendAttemptInput) -> ExtendAttemptPayload:
        attempt = attempt_interventions.extend_attempt(
            author=info.context.person,
            attempt_id=ids.required_pk(input.attempt_id, "AssessmentAttempt", "attemptId"),
            minutes=input.minutes,
            reason=input.reason or "",
        )
        return ExtendAttemptPayload(attempt_id=attempt.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="End an open attempt, and grade it as it stands. It is recorded, and the learner notified. For the "
        "staff of the course.",
    )
    def close_attempt(info: Info, input: CloseAttemptInput) -> CloseAttemptPayload:
        attempt = attempt_interventions.close_attempt(
            author=info.context.person,
            attempt_id=ids.required_pk(input.attempt_id, "AssessmentAttempt", "attemptId"),
            reason=input.reason or "",
        )
        return CloseAttemptPayload(attempt_id=attempt.pk)
