"""Attempts as learners and staff see them.

The learner's side holds no key: no type here but `Solution` has a field that the key could leak from, and
`Solution` is only ever filled where `answer_key_visible`, a policy's annotation, says so.
"""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from courses import models
from courses.constants import AttemptAction as Action
from courses.constants import AttemptState as State
from courses.constants import GradingState as Grading
from courses.constants import Scope
from courses.selectors.attempts import LaidOutQuestion
from schema.attempts.questions import AttemptQuestion, SubmissionReceipt, receipt
from schema.core.enums import AttemptAction, AttemptEnd, AttemptState, GradingState
from schema.core.fields import column, computed, declared, described
from schema.core.ids import Node, node
from schema.core.user_errors import Permission, permission
from schema.dataloaders import assessments as assessment_loaders
from schema.dataloaders import attempts as loaders
from schema.dataloaders import people as people_loaders
from schema.people.types import User

if TYPE_CHECKING:
    from schema.assessments.types import Assessment


def _answered_count(_attempt: models.AssessmentAttempt, questions: list[LaidOutQuestion]) -> int:
    return sum(question.is_answered for question in questions)


_SHOWN = ("is_completed", "results_visible", "waits_for_a_person")


def _shown(attempt: models.AssessmentAttempt) -> bool:
    """Whether score, percentage and pass mark are to be seen: results visible, and final."""
    return attempt.is_completed and attempt.results_visible and not attempt.waits_for_a_person


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
        "results_visible", "Whether the viewer may see score, pass mark and feedback."
    )
    answer_key_visible: bool = column(
        "answer_key_visible", "Whether the viewer may see the right answers and explanations."
    )
    assessment: Annotated["Assessment", strawberry.lazy("schema.assessments.types")] = declared(
        assessment_loaders.assessment_of, "The assessment that is taken."
    )
    learner: User = declared(people_loaders.user_of, "Who takes it.")
    questions: list[AttemptQuestion] = declared(
        loaders.questions_of_attempt, "The questions in this attempt's own order, the same on every read."
    )
    answered_count: int = declared(
        loaders.questions_of_attempt, "How many questions have an answer.", present=_answered_count
    )
    receipt: SubmissionReceipt | None = declared(
        loaders.questions_of_attempt,
        "Proof of what was handed in; null while the attempt is open.",
        present=receipt,
        made_of=("end_time", "revision"),
    )

    @computed("Whether the attempt can still be worked on.", made_of=("is_completed",))
    def state(root: models.AssessmentAttempt) -> AttemptState:
        return State.COMPLETED if root.is_completed else State.IN_PROGRESS

    @computed("How far the grading has come.", made_of=("is_completed", "waits_for_a_person"))
    def grading_state(root: models.AssessmentAttempt) -> GradingState:
        if not root.is_completed:
            return Grading.NOT_READY
        return Grading.PENDING_MANUAL if root.waits_for_a_person else Grading.FULLY_GRADED

    @computed(
        "Whole seconds until the deadline; 0 when it is over, null without a limit.",
        made_of=("deadline_at", "is_completed", "read_at"),
    )
    def remaining_seconds(root: models.AssessmentAttempt) -> int | None:
        if root.deadline_at is None:
            return None
        left = 0 if root.is_completed else int((root.deadline_at - root.read_at).total_seconds())
        return max(0, left)

    @computed(
        "The points earned; null while hidden, or while a person still has to grade.",
        made_of=("score", *_SHOWN),
    )
    def score(root: models.AssessmentAttempt) -> int | None:
        return root.score if _shown(root) else None

    @computed(
        "The score in percent, two decimals; null like `score`, or if there is no maximum.",
        made_of=("score", "max_score", *_SHOWN),
    )
    def score_percentage(root: models.AssessmentAttempt) -> Decimal | None:
        return root.score_percentage if _shown(root) else None

    @computed(
        "Whether it is passed; null like `score`, unless it is certain already.",
        made_of=("is_passed", "is_completed", "results_visible"),
    )
    def is_passed(root: models.AssessmentAttempt) -> bool | None:
        return root.is_passed if root.is_completed and root.results_visible else None

    @computed(
        "What the viewer may do with it now.",
        made_of=("is_completed", "viewer_is_learner", "results_visible", "answer_key_visible"),
    )
    def allowed_actions(root: models.AssessmentAttempt) -> list[AttemptAction]:
        if not root.is_completed:
            working = [Action.SUBMIT_ANSWERS, Action.FLAG_QUESTION, Action.COMPLETE]
            return working if root.viewer_is_learner else []
        seen = {Action.VIEW_RESULTS: root.results_visible, Action.VIEW_ANSWER_KEY: root.answer_key_visible}
        return [action for action, allowed in seen.items() if allowed]

    @computed(
        "Where it was started from. Null for everyone but the staff of the course.",
        made_of=("ip_address", "viewer_is_staff"),
    )
    def ip_address(root: models.AssessmentAttempt) -> str | None:
        return root.ip_address if root.viewer_is_staff else None

    @computed(
        "The browser. Null for everyone but the staff of the course.",
        made_of=("user_agent", "viewer_is_staff"),
    )
    def user_agent(root: models.AssessmentAttempt) -> str | None:
        return root.user_agent if root.viewer_is_staff else None


@strawberry.type(description="Where the viewer stands in an assessment.")
class ViewerAttempts:
    used: int = described("How many attempts the viewer has made, an open one included.")
    remaining: int = described("How many the viewer may still start.")
    open: AssessmentAttempt | None = described("The attempt that is open.")
    best: AssessmentAttempt | None = described("The best of the attempts whose results the viewer may see.")
    may_start: Permission = declared(
        loaders.advice_on_starting_assessment,
        "Whether `startAttempt` would lead to an attempt now.",
        present=lambda _summary, advice: permission(advice.refusal),
    )
