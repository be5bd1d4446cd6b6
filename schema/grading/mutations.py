"""Mutations that grade answers, and regrade after a corrected key: for the staff of the course."""

from decimal import Decimal
from typing import Any

import strawberry

from courses.rules.credit import plain
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

ASSESSMENT = "Global id of an assessment of a course that the viewer teaches."
POLICY = "Policy for results that learners already have."
QUESTIONS = "Global ids of the questions to regrade. Null: every question of the assessment that has a key."


@strawberry.input(description="A person's grade for an answer.")
class GradeAnswerInput:
    task_id: strawberry.ID = described("Global id of a GradingTask, graded already or not.")
    points: int = described("Points that the answer earns, 0 to `GradingTask.pointsPossible`.")
    feedback: str | None = strawberry.field(
        default=None,
        description="Feedback to the learner, at most 50,000 characters. Null keeps the old one.",
    )


@strawberry.type(description="The attempt with the new grade.")
class GradeAnswerPayload(Payload):
    attempt_id: strawberry.Private[int | None] = None
    attempt: AssessmentAttempt | None = declared(attempt_loaders.attempt_of, "Attempt as it is stored now.")


@strawberry.input(description="The regrade to preview: an assessment, a policy, and which questions.")
class PreviewRegradeInput:
    assessment_id: strawberry.ID = described(ASSESSMENT)
    policy: RegradePolicy = strawberry.field(default=RegradePolicy.NEVER_LOWER, description=POLICY)
    question_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=QUESTIONS)


@strawberry.type(description="The effect that the regrade would have. Nothing is written.")
class PreviewRegradePayload(Payload):
    changes: list[GradeChangePreview] = strawberry.field(
        default_factory=list, description="Attempts that would change, one entry each."
    )


@strawberry.input(description="The regrade to apply: an assessment, a policy, and which questions.")
class ApplyRegradeInput:
    assessment_id: strawberry.ID = described(ASSESSMENT)
    policy: RegradePolicy = strawberry.field(default=RegradePolicy.NEVER_LOWER, description=POLICY)
    question_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=QUESTIONS)


@strawberry.type(description="The effect that the regrade had.")
class ApplyRegradePayload(Payload):
    changes: list[GradeChangePreview] = strawberry.field(
        default_factory=list, description="Attempts that were changed, one entry each."
    )


@strawberry.type
class GradingMutation:
    @mutation(
        scope=Scope.GRADING_WRITE,
        description="Grade an answer by hand, or grade it anew. The last grade that an attempt waits for "
        "notifies the learner. For the staff of the course.",
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
        writes=False,
        description="Preview a regrade with the answer key as it is now. Writes nothing. For the staff of the "
        "course.",
    )
    def preview_regrade(info: Info, input: PreviewRegradeInput) -> PreviewRegradePayload:
        corrections = regrading.preview_regrade(**_asked(info, input))
        return PreviewRegradePayload(changes=[_change(each) for each in corrections])

    @mutation(
        scope=Scope.GRADING_WRITE,
        description="Regrade completed attempts with the answer key as it is now; every change is recorded. "
        "Grades given by a person stay, and open attempts are left alone. For the staff of the "
        "course.",
    )
    def apply_regrade(info: Info, input: ApplyRegradeInput) -> ApplyRegradePayload:
        corrections = regrading.apply_regrade(**_asked(info, input))
        return ApplyRegradePayload(changes=[_change(each) for each in corrections])


def _asked(info: Info, input: PreviewRegradeInput | ApplyRegradeInput) -> dict[str, Any]:
    """Return the arguments that both regrading services take."""
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
        parts_changed=correction.parts_changed,
        old_score=attempt.score,
        new_score=result.score,
        old_exact_score=plain(Decimal(attempt.counted_score)),
        new_exact_score=plain(result.exact_score),
        was_passed=attempt.is_passed,
        is_passed=result.is_passed,
        pass_flips=pass_flips(was_passed=attempt.is_passed, is_passed=result.is_passed),
    )
