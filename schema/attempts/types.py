"""Output types of attempts, for learners and staff.

The learner's side holds no key: no type here but `Solution` has a field that the key could leak from, and
`Solution` is only ever filled where `answer_key_visible`, a policy's annotation, says so.
"""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from courses import models
from courses.constants import Scope
from courses.rules.attempt_limits import attempts_left
from courses.rules.credit import plain
from courses.selectors.attempts import (
    GRADING_STATE,
    SHOWN_EXACT_SCORE,
    SHOWN_PERCENTAGE,
    SHOWN_SCORE,
    SHOWN_VERDICT,
    STATE,
    LaidOutQuestion,
    TakenAssessment,
    VisibleAttempt,
    shows_score,
)
from courses.selectors.grading import ChangeOfQuestion
from schema.accommodations.types import EffectiveSettings
from schema.attempts.questions import AttemptQuestion, SubmissionReceipt, receipt
from schema.core import ids
from schema.core.enums import AttemptAction, AttemptEnd, AttemptState, GradeChangeReason, GradingState
from schema.core.fields import column, computed, declared, same_row
from schema.core.ids import Node, node
from schema.core.user_errors import Permission, permission
from schema.dataloaders import assessments as assessment_loaders
from schema.dataloaders import attempts as loaders
from schema.dataloaders import grading as grading_loaders
from schema.dataloaders import people as people_loaders
from schema.people.types import User

if TYPE_CHECKING:
    from schema.assessments.types import Assessment


def _answered_count(_attempt: VisibleAttempt, questions: list[LaidOutQuestion]) -> int:
    return sum(question.is_answered for question in questions)


_SHOWN = ("is_completed", "results_visible", "waits_for_a_person")


def _plain(number: Decimal | None) -> Decimal | None:
    return None if number is None else plain(number)


@strawberry.type(
    description="Change of a grade after it was first set: who changed it, when, why, from what to what."
)
class GradeChange:
    reason: GradeChangeReason = column("reason", "Reason of the change.")
    changed_at: datetime = column("created_date", "Time of the change.")
    changed_by: User | None = declared(
        people_loaders.changer_of, "Person who changed it. Null for somebody who is no longer here."
    )

    @computed("Global id of the question that was answered.", columns=("question_id",))
    def question(root: ChangeOfQuestion) -> strawberry.ID:
        return ids.encode("Question", root.question_id)

    @computed("Credit before, 0 to 1. Null: it was not graded.", columns=("old_credit",))
    def old_credit(root: models.GradeChange) -> Decimal | None:
        return _plain(root.old_credit)

    @computed("Credit after, 0 to 1. Null: it waits for a person again.", columns=("new_credit",))
    def new_credit(root: models.GradeChange) -> Decimal | None:
        return _plain(root.new_credit)

    @computed("Points before. Null: none yet.", columns=("old_points",))
    def old_points(root: models.GradeChange) -> Decimal | None:
        return _plain(root.old_points)

    @computed("Points after. Null: none yet.", columns=("new_points",))
    def new_points(root: models.GradeChange) -> Decimal | None:
        return _plain(root.new_points)


@node(models.AssessmentAttempt, by_pk=loaders.attempt_by_id, scope=Scope.ATTEMPTS_READ)
class AssessmentAttempt(Node):
    attempt_number: int
    revision: int
    max_score: int
    started_at: datetime = column("start_time")
    deadline_at: datetime | None
    ended_at: datetime | None = column("end_time")
    ended_by: AttemptEnd | None
    time_taken_seconds: int | None
    results_visible: bool = column(
        "results_visible",
        "Whether the viewer may see score, pass mark and feedback: learners after the end and from "
        "`Assessment.resultsFrom` on, where `Assessment.showResults`; staff of the course always.",
    )
    answer_key_visible: bool = column(
        "answer_key_visible",
        "Whether the viewer may see right answers and explanations. Learners, where "
        "`Assessment.showCorrectAnswers`: once they can start no further attempt, `Assessment.keyFrom` has "
        "passed and, where the assessment closes, it has closed for everybody. Staff of the course always.",
    )
    assessment: Annotated["Assessment", strawberry.lazy("schema.assessments.types")] = declared(
        assessment_loaders.assessment_of, "Assessment that is taken."
    )
    learner: User = declared(people_loaders.user_of, "Person who takes the assessment.")
    questions: list[AttemptQuestion] = declared(
        loaders.questions_of_attempt, "Questions in the order of this attempt, which never changes."
    )
    answered_count: int = declared(
        loaders.questions_of_attempt, "Number of questions that are answered.", present=_answered_count
    )
    receipt: SubmissionReceipt | None = declared(
        loaders.questions_of_attempt,
        "Receipt for what was handed in. Null while the attempt is open.",
        present=receipt,
        columns=("end_time", "revision"),
    )

    grade_changes: list[GradeChange] | None = declared(
        grading_loaders.grade_changes_of_attempt,
        "Changes of grades after they were first set, by people and by regrades, the first one first. Null for "
        "everyone but the staff of the course.",
        shown_if="viewer_is_staff",
    )

    @computed(
        "State of the attempt: whether it can still be answered.", columns=("is_completed",), in_sql=STATE
    )
    def state(root: VisibleAttempt) -> AttemptState:
        return AttemptState.COMPLETED if root.is_completed else AttemptState.IN_PROGRESS

    @computed(
        "Progress of the grading.", columns=("is_completed", "waits_for_a_person"), in_sql=GRADING_STATE
    )
    def grading_state(root: VisibleAttempt) -> GradingState:
        if not root.is_completed:
            return GradingState.NOT_READY
        return GradingState.PENDING_MANUAL if root.waits_for_a_person else GradingState.FULLY_GRADED

    @computed(
        "Time left until the deadline, in whole seconds; 0 when it is over. Null when the time is "
        "not limited.",
        columns=("deadline_at", "is_completed", "read_at"),
    )
    def remaining_seconds(root: VisibleAttempt) -> int | None:
        if root.deadline_at is None:
            return None
        left = 0 if root.is_completed else int((root.deadline_at - root.read_at).total_seconds())
        return max(0, left)

    @computed(
        "Score: the sum of `QuestionResult.pointsEarned`, 0 to `maxScore`. Null for learners until "
        "`resultsVisible`, and for everyone until it is fully graded.",
        columns=("score", *_SHOWN),
        in_sql=SHOWN_SCORE,
    )
    def score(root: VisibleAttempt) -> int | None:
        return root.score if shows_score(root) else None

    @computed(
        "Score, not rounded: the sum of `QuestionResult.exactPoints`, 0 to `maxScore`. Percentage and pass "
        "mark follow from it. Null when `score` is null.",
        columns=("exact_score", "score", *_SHOWN),
        in_sql=SHOWN_EXACT_SCORE,
    )
    def exact_score(root: VisibleAttempt) -> Decimal | None:
        return plain(Decimal(root.counted_score)) if shows_score(root) else None

    @computed(
        "Exact score as a percentage of `maxScore`, 0 to 100, two decimals, rounded half up. Null when `score` "
        "is null or `maxScore` is 0.",
        columns=("exact_score", "score", "max_score", *_SHOWN),
        in_sql=SHOWN_PERCENTAGE,
    )
    def score_percentage(root: VisibleAttempt) -> Decimal | None:
        return root.score_percentage if shows_score(root) else None

    @computed(
        "Whether the attempt is passed: `exactScore` is at least the pass mark's share of `maxScore`, neither "
        "rounded. Null for learners until `resultsVisible`, and for everyone while it is open or depends on "
        "answers that a person has to grade.",
        columns=("is_passed", "is_completed", "results_visible"),
        in_sql=SHOWN_VERDICT,
    )
    def is_passed(root: VisibleAttempt) -> bool | None:
        return root.is_passed if root.is_completed and root.results_visible else None

    @computed(
        "Actions on the attempt that are open to the viewer now.",
        columns=("is_completed", "viewer_is_learner", "results_visible", "answer_key_visible"),
    )
    def allowed_actions(root: VisibleAttempt) -> list[AttemptAction]:
        if not root.is_completed:
            working = [AttemptAction.SUBMIT_ANSWERS, AttemptAction.FLAG_QUESTION, AttemptAction.COMPLETE]
            return working if root.viewer_is_learner else []
        seen = {
            AttemptAction.VIEW_RESULTS: root.results_visible,
            AttemptAction.VIEW_ANSWER_KEY: root.answer_key_visible,
        }
        return [action for action, allowed in seen.items() if allowed]

    @computed(
        "IP address from which the attempt was started. Null when it is not known, and for everyone "
        "but the staff of the course.",
        columns=("ip_address", "viewer_is_staff"),
    )
    def ip_address(root: VisibleAttempt) -> str | None:
        return root.ip_address if root.viewer_is_staff else None

    @computed(
        "User-Agent header with which the attempt was started. Null for everyone but the staff of "
        "the course.",
        columns=("user_agent", "viewer_is_staff"),
    )
    def user_agent(root: VisibleAttempt) -> str | None:
        return root.user_agent if root.viewer_is_staff else None


@strawberry.type(description="Attempts that the viewer has made at an assessment, and may still make.")
class ViewerAttempts:
    used: int = column("used", "Number of attempts made, an open one included.")

    @computed(
        "Number of attempts left to start, 0 to `effective.maxAttempts`.",
        columns=("effective_max_attempts", "used"),
    )
    def remaining(root: TakenAssessment) -> int:
        return attempts_left(max_attempts=root.effective_max_attempts, used=root.used)

    open: AssessmentAttempt | None = declared(
        loaders.open_attempt, "Attempt that is open. Null when there is none."
    )
    best: AssessmentAttempt | None = declared(
        loaders.best_attempt,
        "Attempt with the best result among those whose results the viewer may see. Null when there is none.",
    )
    effective: EffectiveSettings = same_row("Settings that count for the viewer, accommodations included.")
    may_start: Permission = declared(
        loaders.advice_on_starting_assessment,
        "Preview of whether `startAttempt` would be accepted from the viewer now.",
        present=lambda _assessment, advice: permission(advice.refusal),
    )
