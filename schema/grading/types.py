"""Output types of grading, regrading and item analysis, the measure of how well questions discriminate.

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
    description="An answer for a person to grade, or graded by one already. Visible to the staff of the "
    "course only.",
)
class GradingTask(Node):
    submitted_at: datetime = column("submitted_at", "Time at which the attempt ended.")
    points_possible: int = declared(
        loaders.laid_out_task,
        "Points for full credit, as they were when the attempt started.",
        present=lambda _task, laid_out: laid_out.points,
    )
    attempt: AssessmentAttempt = declared(attempt_loaders.attempt_of, "Attempt that the answer is part of.")
    question: Question = declared(assessment_loaders.question_of, "Question that was answered.")
    response: Response = declared(loaders.laid_out_task, "Response to be graded.", present=_response)


@strawberry.type(description="Effect of a regrade on one attempt. Open attempts are never regraded.")
class GradeChangePreview:
    attempt_id: strawberry.Private[int]
    parts_changed: bool = described(
        "Whether a question of it cannot be graded again, because a choice, prompt, match or blank that it was asked "
        "is gone: that grade stays as it is. Full credit for everyone needs no parts."
    )
    old_score: int = described("Score before the regrade, in points.")
    new_score: int = described("Score after the regrade, in points.")
    old_exact_score: Decimal = described("Score before the regrade, not rounded.")
    new_exact_score: Decimal = described("Score after the regrade, not rounded.")
    was_passed: bool | None = described(
        "Whether the attempt was passed before. Null when that depended on answers for a person to grade."
    )
    is_passed: bool | None = described(
        "Whether the attempt is passed after. Null when that depends on answers for a person to grade."
    )
    pass_flips: bool = described("Whether a pass turns into a fail, or a fail into a pass.")
    attempt: AssessmentAttempt = declared(attempt_loaders.attempt_of, "Attempt as it is stored now.")


@strawberry.type(description="Result of grading a response on trial.")
class GradedResponse:
    correctness: Correctness = described("Correctness of the response.")
    credit: Decimal | None = described(
        "Credit: the share of the points that is earned, 0 to 1. Null when a person has to grade."
    )
    points_earned: int | None = described(
        "Points earned: points x credit, rounded half up. Null when a person has to grade."
    )
    exact_points: Decimal | None = described(
        "Points earned, not rounded: points x credit. Null when a person has to grade."
    )
    steps: list[str] = described(
        "Explanation step by step: the rule that applied, what was compared, and the credit of each part."
    )


@strawberry.type(
    description="Item statistics of one question. Figures have four decimals and are null when they are "
    "undefined (a division by zero)."
)
class ItemStatistics:
    question_id: strawberry.Private[int]
    facility: Decimal | None = described(
        "Facility index (item difficulty): mean points earned / points possible, 0 (nobody earned "
        "any) to 1 (everybody earned all). Near 0.5 a question can discriminate best, near 0 or 1 "
        "hardly."
    )
    standard_deviation: Decimal | None = described(
        "Standard deviation (of a sample) of the points earned, in points."
    )
    discrimination_index: Decimal | None = described(
        "Discrimination index: Pearson correlation of the points earned with those earned on the "
        "rest of the assessment, in percent, -100 to 100. 50 and more is very good, below 20 weak; "
        "below 0 the key is probably wrong."
    )
    discriminative_efficiency: Decimal | None = described(
        "Discriminative efficiency: covariance with the rest of the assessment, in percent of the "
        "highest that these points allow, at most 100. Low where a question tells strong learners "
        "from weak ones worse than its difficulty would allow."
    )
    effective_weight: Decimal | None = described(
        "Effective weight: share of the question in the spread of totals, in percent, 0 to 100; all "
        "questions add up to 100. Null when the question works against the total (a negative "
        "covariance)."
    )
    warning: ItemWarning | None = described(
        "Warning that its author should look at first. Null when nothing stands out."
    )
    question: Question = declared(assessment_loaders.question_of, "Question that the figures are about.")


@strawberry.type(
    description="Item analysis by classical test theory, with the formulae of Moodle's quiz statistics, over "
    "each learner's first completed attempt if it is fully graded. Figures have four decimals "
    "and are null when they are undefined (a division by zero)."
)
class ItemAnalysis:
    learner_count: int = described("Number of learners whose attempts are analysed.")
    mean: Decimal | None = described("Mean total, in points.")
    standard_deviation: Decimal | None = described(
        "Standard deviation (of a sample) of the totals, in points."
    )
    internal_consistency: Decimal | None = described(
        "Coefficient of internal consistency (Cronbach's alpha), in percent, at most 100. From about "
        "70 the questions measure one thing reliably. Null with fewer than 3 learners or 2 questions."
    )
    error_ratio: Decimal | None = described(
        "Error ratio: standard error in percent of the standard deviation, 100 x sqrt(1 - alpha). "
        "The lower, the less of the spread of totals is due to chance."
    )
    standard_error: Decimal | None = described(
        "Standard error of measurement, in points: about two thirds of totals are off by no more than this."
    )
    items: list[ItemStatistics] = described("Statistics of every question, in the author's order.")
