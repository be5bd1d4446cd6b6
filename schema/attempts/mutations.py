"""Mutations that take an assessment: start, submit, flag, complete."""

import strawberry

from courses.services import attempts as services
from schema.attempts.inputs import AnswerSubmissionInput, given_responses
from schema.attempts.types import AssessmentAttempt
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import attempts as loaders


@strawberry.input(description="The assessment to take.")
class StartAttemptInput:
    assessment_id: strawberry.ID = strawberry.field(
        description="Global id of an assessment of a course that the viewer takes."
    )


@strawberry.type(description="The attempt to work on, new or resumed.")
class StartAttemptPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "Attempt that is open now.")
    created: bool = strawberry.field(
        default=False, description="True when the attempt is new, false when an open one was resumed."
    )


@strawberry.input(description="Responses to save in an open attempt.")
class SubmitAnswersInput:
    attempt_id: strawberry.ID = strawberry.field(description="Global id of an open attempt of the viewer.")
    answers: list[AnswerSubmissionInput] = strawberry.field(
        description="Responses, at most one for each question. Questions left out keep what is saved."
    )
    base_revision: int | None = strawberry.field(
        default=None,
        description="Optimistic concurrency: the attempt's `revision` that the client last read. When the "
        "attempt is at a later one, a change is refused with STALE_REVISION; a revision that it has "
        "not reached is INVALID. Null: save without the check.",
    )


@strawberry.type(description="The attempt with what is saved. It never tells whether a response is right.")
class SubmitAnswersPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "Attempt as it is stored now.")


@strawberry.input(description="A question to flag, or to unflag.")
class FlagQuestionInput:
    attempt_id: strawberry.ID = strawberry.field(description="Global id of an open attempt of the viewer.")
    question_id: strawberry.ID = strawberry.field(
        description="Global id of a question of the attempt: `AttemptQuestion.question`."
    )
    is_flagged: bool = strawberry.field(description="True to flag the question, false to remove the flag.")


@strawberry.type(description="The attempt with its flags.")
class FlagQuestionPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "Attempt as it is stored now.")


@strawberry.input(description="The attempt to hand in, with remaining responses.")
class CompleteAttemptInput:
    attempt_id: strawberry.ID = strawberry.field(description="Global id of an attempt of the viewer.")
    answers: list[AnswerSubmissionInput] | None = strawberry.field(
        default=None, description="Remaining responses, saved before the attempt ends. Null: none."
    )


@strawberry.type(description="The completed attempt, with its result where it is visible.")
class CompleteAttemptPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(loaders.attempt_of, "Attempt, now completed.")


@strawberry.type
class AttemptMutation:
    @mutation(
        scope=Scope.ATTEMPTS_WRITE,
        description="Start an attempt, or resume the open one. Idempotent: two calls make one attempt.",
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
        description="Save responses, without grading them. Atomic: when one does not fit, none is saved. "
        "Idempotent: saving the same again changes nothing.",
    )
    async def submit_answers(info: Info, input: SubmitAnswersInput) -> SubmitAnswersPayload:
        attempt_id = ids.required_pk(input.attempt_id, "AssessmentAttempt", "attemptId")
        await services.submit_answers.on_loop(
            learner=info.context.person,
            attempt_id=attempt_id,
            responses=given_responses(attempt_id, input.answers),
            base_revision=input.base_revision,
        )
        return SubmitAnswersPayload(attempt_id=attempt_id)

    @mutation(
        scope=Scope.ATTEMPTS_WRITE,
        description="Flag a question to come back to, or remove the flag. Idempotent; makes no new revision.",
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
        description="Hand an attempt in: it ends and is graded. Idempotent: a second call returns the same "
        "result.",
    )
    def complete_attempt(info: Info, input: CompleteAttemptInput) -> CompleteAttemptPayload:
        attempt_id = ids.required_pk(input.attempt_id, "AssessmentAttempt", "attemptId")
        services.complete_attempt(
            learner=info.context.person,
            attempt_id=attempt_id,
            responses=given_responses(attempt_id, input.answers or []),
        )
        return CompleteAttemptPayload(attempt_id=attempt_id)
