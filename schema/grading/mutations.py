"""Grading answers, and grading again after a key was corrected: for the staff of the course."""

from typing import Any

import strawberry

from courses.rules.regrade import pass_flips
from courses.services import grading, regrading
from courses.services.results import Correction
from schema.attempts.types import AssessmentAttempt
from schema.context import Info
from schema.core import ids
from schema.core.enums import RegradePolicy
from schema.core.fields import declared, described
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import attempts as attempt_loaders
from schema.grading.types import GradeChangePreview

ASSESSMENT = "An assessment of a course that the viewer teaches."
POLICY = "What may happen to results that learners already have."
QUESTIONS = "Only these questions of it; left out or null: every question that has a key."


@strawberry.input(description="The grade of an answer.")
class GradeAnswerInput:
    task_id: strawberry.ID = described("A GradingTask, graded already or not.")
    points: int = described("The points it earns, 0 to the task's `pointsPossible`.")
    feedback: str | None = strawberry.field(
        default=None, description="What to tell the learner; null keeps what was said before."
    )


@strawberry.type(description="The attempt with the new grade.")
class GradeAnswerPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(attempt_loaders.attempt_of, "The attempt, as it is now.")


@strawberry.input(description="What would be graded again.")
class PreviewRegradeInput:
    assessment_id: strawberry.ID = described(ASSESSMENT)
    policy: RegradePolicy = strawberry.field(default=RegradePolicy.NEVER_LOWER, description=POLICY)
    question_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=QUESTIONS)


@strawberry.type(description="What a regrade would do. Nothing is written.")
class PreviewRegradePayload(Payload):
    changes: list[GradeChangePreview] = strawberry.field(
        default_factory=list, description="The attempts in which something would change; all others stay."
    )


@strawberry.input(description="What to grade again.")
class ApplyRegradeInput:
    assessment_id: strawberry.ID = described(ASSESSMENT)
    policy: RegradePolicy = strawberry.field(default=RegradePolicy.NEVER_LOWER, description=POLICY)
    question_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=QUESTIONS)


@strawberry.type(description="What the regrade did.")
class ApplyRegradePayload(Payload):
    changes: list[GradeChangePreview] = strawberry.field(
        default_factory=list, description="The attempts in which something changed; all others stayed."
    )


@strawberry.type
class GradingMutation:
    @mutation(
        scope=Scope.GRADING_WRITE,
        description="Grade an answer by hand. With the last one that waits, the learner is told the result.",
    )
    def grade_answer(info: Info, input: GradeAnswerInput) -> GradeAnswerPayload:
        attempt = grading.grade_answer(
            grader=info.context.person,
            task_id=ids.required_pk(input.task_id, "GradingTask", "taskId"),
            points=input.points,
            feedback=input.feedback,
        )
        return GradeAnswerPayload(attempt_id=attempt.pk)

    @mutation(
        scope=Scope.GRADING_WRITE,
        description="Show what grading again, with the key as it is now, would change. Writes nothing.",
    )
    def preview_regrade(info: Info, input: PreviewRegradeInput) -> PreviewRegradePayload:
        corrections = regrading.preview_regrade(**_asked(info, input))
        return PreviewRegradePayload(changes=[_change(each) for each in corrections])

    @mutation(
        scope=Scope.GRADING_WRITE,
        description="Grade again with the key as it is now, as previewed; all of it is recorded. Grades that "
        "a person gave stay, and open attempts are left alone.",
    )
    def apply_regrade(info: Info, input: ApplyRegradeInput) -> ApplyRegradePayload:
        corrections = regrading.apply_regrade(**_asked(info, input))
        return ApplyRegradePayload(changes=[_change(each) for each in corrections])


def _asked(info: Info, input: PreviewRegradeInput | ApplyRegradeInput) -> dict[str, Any]:
    """The arguments that both regrading services take."""
    questions = input.question_ids
    return {
        "grader": info.context.viewer,
        "assessment_id": ids.required_pk(input.assessment_id, "Assessment", "assessmentId"),
        "policy": input.policy,
        "question_ids": None
        if questions is None
        else [
            ids.required_pk(question, "Question", "questionIds", str(place))
            for place, question in enumerate(questions)
        ],
    }


def _change(correction: Correction) -> GradeChangePreview:
    attempt, result = correction.attempt, correction.result
    return GradeChangePreview(
        attempt_id=attempt.pk,
        old_score=attempt.score,
        new_score=result.score,
        was_passed=attempt.is_passed,
        is_passed=result.is_passed,
        pass_flips=pass_flips(was_passed=attempt.is_passed, is_passed=result.is_passed),
    )
