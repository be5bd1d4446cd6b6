"""What is graded, what a regrade changes, and how well questions tell strong learners from weak ones.

For people who teach: every type here names the key or what came of it.
"""

from datetime import datetime
from decimal import Decimal

import strawberry

from courses import models
from courses.constants import Scope
from courses.selectors.attempts import LaidOutQuestion
from schema.assessments.types import Question
from schema.attempts.questions import Response, response_of
from schema.attempts.types import AssessmentAttempt
from schema.core.enums import Correctness, ItemWarning
from schema.core.fields import column, declared, described
from schema.core.ids import Node, node
from schema.dataloaders import assessments as assessment_loaders
from schema.dataloaders import attempts as attempt_loaders
from schema.dataloaders import grading as loaders


def _response(_task: models.AttemptAnswer, laid_out: LaidOutQuestion) -> Response | None:
    return response_of(laid_out)


@node(
    models.AttemptAnswer,
    by_pk=loaders.grading_task_by_id,
    scope=Scope.ATTEMPTS_READ,
    name="GradingTask",
    description="An answer for a person to grade. The staff of its course see it, before and after that.",
)
class GradingTask(Node):
    submitted_at: datetime = column("submitted_at", "When the attempt ended.")
    points_possible: int = declared(
        loaders.laid_out_task,
        "The points for full credit.",
        present=lambda _task, laid_out: laid_out.rule.points,
    )
    attempt: AssessmentAttempt = declared(attempt_loaders.attempt_of, "The attempt it is part of.")
    question: Question = declared(assessment_loaders.question_of, "What was asked.")
    response: Response = declared(loaders.laid_out_task, "What was answered.", present=_response)


@strawberry.type(description="What a regrade does to one attempt. Open attempts are never graded again.")
class GradeChangePreview:
    attempt_id: strawberry.Private[int]
    old_score: int = described("The score before, in points.")
    new_score: int = described("The score after, in points.")
    was_passed: bool | None = described("Whether it was passed; null while that depended on a person.")
    is_passed: bool | None = described("Whether it is passed then; null while that depends on a person.")
    pass_flips: bool = described("Whether a pass becomes a fail, or a fail a pass.")
    attempt: AssessmentAttempt = declared(attempt_loaders.attempt_of, "The attempt as it is stored.")


@strawberry.type(description="How a response is graded.")
class GradedResponse:
    correctness: Correctness = described("How right it is.")
    credit: Decimal | None = described("The share of the points, 0..1; null where a person grades.")
    points_earned: int | None = described("Points x credit, rounded half up; null where a person grades.")
    steps: list[str] = described("The rule that applied, what was compared, and the credit of each part.")


@strawberry.type(
    description="How one question did. Figures have four decimals and are null where they would divide by zero."
)
class ItemStatistics:
    question_id: strawberry.Private[int]
    facility: Decimal | None = described("The mean share of the points that was earned, 0..1.")
    standard_deviation: Decimal | None = described("How far the points earned spread, in points.")
    discrimination_index: Decimal | None = described(
        "Correlation with the rest of the assessment, in percent. Below zero the key is probably wrong."
    )
    discriminative_efficiency: Decimal | None = described(
        "Covariance with the rest of the assessment, in percent of the highest possible."
    )
    effective_weight: Decimal | None = described(
        "How much it decides the total, in percent; null where it works against it."
    )
    warning: ItemWarning | None = described("What its author should look at first.")
    question: Question = declared(assessment_loaders.question_of, "The question.")


@strawberry.type(
    description="Classical item analysis over each learner's first finished attempt, once it is fully graded. "
    "Figures have four decimals and are null where they would divide by zero."
)
class ItemAnalysis:
    learner_count: int = described("How many learners it is about.")
    mean: Decimal | None = described("The mean total, in points.")
    standard_deviation: Decimal | None = described("How far totals spread, in points.")
    internal_consistency: Decimal | None = described("Cronbach's alpha, in percent.")
    error_ratio: Decimal | None = described("The share of the spread that is due to chance, in percent.")
    standard_error: Decimal | None = described("How far a total is off by chance, in points.")
    items: list[ItemStatistics] = described("Every question, in the author's order.")
