"""Taking an assessment: start, submit, flag, complete."""

import strawberry

from courses.services import attempts as services
from schema.attempts.inputs import AnswerSubmissionInput, given_answers
from schema.attempts.types import AssessmentAttempt
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import attempts as loaders


@strawberry.input(description="Which assessment to take.")
class StartAttemptInput:
    assessment_id: strawberry.ID = strawberry.field(
        description="An assessment of a course that the viewer takes."
    )


@strawberry.type(description="The attempt to work on.")
class StartAttemptPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "The attempt, started or resumed.")
    created: bool = strawberry.field(default=False, description="False when the attempt was open already.")


@strawberry.input(description="Responses to save.")
class SubmitAnswersInput:
    attempt_id: strawberry.ID = strawberry.field(description="An open attempt of the viewer.")
    answers: list[AnswerSubmissionInput] = strawberry.field(
        description="The responses, one for each question at most."
    )
    base_revision: int | None = strawberry.field(
        default=None,
        description="The attempt's `revision` that the client last saw. Refused with STALE_REVISION when it is older, "
        "and with INVALID when the attempt is not there yet.",
    )


@strawberry.type(description="The attempt with what is saved. It never says whether a response is right.")
class SubmitAnswersPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "The attempt as it is saved now.")


@strawberry.input(description="A question to mark.")
class FlagQuestionInput:
    attempt_id: strawberry.ID = strawberry.field(description="An open attempt of the viewer.")
    question_id: strawberry.ID = strawberry.field(description="The `question` of an AttemptQuestion.")
    is_flagged: bool = strawberry.field(description="Whether to mark it, or to take the mark away.")


@strawberry.type(description="The attempt with its marks.")
class FlagQuestionPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "The attempt.")


@strawberry.input(description="The attempt to hand in.")
class CompleteAttemptInput:
    attempt_id: strawberry.ID = strawberry.field(description="An attempt of the viewer.")
    answers: list[AnswerSubmissionInput] | None = strawberry.field(
        default=None, description="Remaining responses, saved before the attempt ends."
    )


@strawberry.type(description="The attempt with its result. Completing it again gives the same.")
class CompleteAttemptPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "The attempt, completed.")


@strawberry.type
class AttemptMutation:
    @mutation(
        scope=Scope.ATTEMPTS_WRITE,
        description="Start an attempt, or resume the open one: two clicks make one attempt.",
    )
    def start_attempt(info: Info, input: StartAttemptInput) -> StartAttemptPayload:
        started = services.start_attempt(
            learner=info.context.person,
            assessment_id=ids.required_pk(input.assessment_id, "Assessment", "assessmentId"),
            ip_address=info.context.ip_address,
            user_agent=info.context.user_agent,
        )
        return StartAttemptPayload(attempt_id=started.attempt.pk, created=started.created)

    @mutation(
        scope=Scope.ATTEMPTS_WRITE,
        description="Save responses. All of them or, when one does not fit, none; the same again changes nothing.",
    )
    def submit_answers(info: Info, input: SubmitAnswersInput) -> SubmitAnswersPayload:
        attempt_id = ids.required_pk(input.attempt_id, "AssessmentAttempt", "attemptId")
        services.submit_answers(
            learner=info.context.person,
            attempt_id=attempt_id,
            answers=given_answers(attempt_id, input.answers),
            base_revision=input.base_revision,
        )
        return SubmitAnswersPayload(attempt_id=attempt_id)

    @mutation(
        scope=Scope.ATTEMPTS_WRITE, description="Mark a question to come back to, or take the mark away."
    )
    def flag_question(info: Info, input: FlagQuestionInput) -> FlagQuestionPayload:
        attempt_id = ids.required_pk(input.attempt_id, "AssessmentAttempt", "attemptId")
        services.flag_question(
            learner=info.context.person,
            attempt_id=attempt_id,
            question_id=ids.required_pk(input.question_id, "Question", "questionId"),
            is_flagged=input.is_flagged,
        )
        return FlagQuestionPayload(attempt_id=attempt_id)

    @mutation(
        scope=Scope.ATTEMPTS_WRITE,
        description="Hand the attempt in. The second time returns the same result.",
    )
    def complete_attempt(info: Info, input: CompleteAttemptInput) -> CompleteAttemptPayload:
        attempt_id = ids.required_pk(input.attempt_id, "AssessmentAttempt", "attemptId")
        services.complete_attempt(
            learner=info.context.person,
            attempt_id=attempt_id,
            answers=given_answers(attempt_id, input.answers or []),
        )
        return CompleteAttemptPayload(attempt_id=attempt_id)
