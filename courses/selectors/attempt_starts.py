"""Preconditions of starting an attempt: read beforehand as advice, and under the lock as the decision."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias, TypedDict

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from courses import exceptions
from courses.models import Answer, Assessment, AssessmentAttempt, Question, User
from courses.models.accommodations import for_learner
from courses.policies import participation
from courses.policies.answer_key import KEY_WAS_OPEN
from courses.policies.attempt_time import is_open, overdue
from courses.policies.participation import Viewer
from courses.rules import values
from courses.rules.attempt_limits import may_start
from courses.rules.readiness import question_problems
from courses.selectors.assessments import COURSE
from courses.selectors.question_keys import with_keys
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.clock import StatementTimestamp
from courses.utils.nested_rows import NestedRows
from courses.utils.subqueries import number_of

_FIELD = ["assessmentId"]


class _ToStart(TypedDict):
    viewer_takes_course: bool
    course_is_published: bool
    used: int
    has_open: bool
    key_was_open: bool
    read_at: datetime
    effective_max_attempts: int
    effective_time_limit: int
    effective_opens_at: datetime | None
    effective_closes_at: datetime | None
    may_retake_after_key: bool


AssessmentToStart: TypeAlias = WithAnnotations[Assessment, _ToStart]
"""An assessment with the annotations of `assessments_to_start`."""


class ToStartNow(_ToStart):
    """Annotations of `with_all_that_starts`."""

    course_id: int
    decimal_comma: bool
    asked: list[dict[str, Any]]
    taken: list[dict[str, Any]]


AssessmentToStartNow: TypeAlias = WithAnnotations[Assessment, ToStartNow]
"""The same with the annotations of `with_all_that_starts`."""

DECISIVE = ("is_published", *_ToStart.__annotations__)
"""Columns and annotations of assessments that `refusal_to_start` reads."""

MAY_DEPEND_ON_QUESTIONS = Q(viewer_takes_course=True, has_open=False, used__lt=F("effective_max_attempts"))
"""Over `assessments_to_start`: no other reason is likely to decide, so that the questions are worth reading."""

CHECKED_QUESTION = ("order", "question_type", "scoring", "points")
"""Columns of questions by which they are complete or not."""

CHECKED_ANSWER = (
    "order",
    "answer_text",
    "is_correct",
    "explanation",
    "match_text",
    "blank_key",
    "text_match",
    "tolerance",
    "credit",
)
"""Columns of answers by which their question is complete or not."""


def assessments_to_start(viewer: Viewer) -> QuerySet[AssessmentToStart]:
    """Return all assessments with what decides if the viewer may start an attempt, but for their questions."""
    made = AssessmentAttempt.objects.filter(user=viewer, assessment=OuterRef("pk"))
    return for_learner(Assessment.objects.all(), viewer).annotate(
        read_at=StatementTimestamp(),
        viewer_takes_course=participation.takes(viewer, COURSE),
        course_is_published=F("lesson__course__is_published"),
        used=number_of(made, by="assessment"),
        has_open=Exists(made.filter(is_open())),
        key_was_open=Exists(made.filter(KEY_WAS_OPEN)),
    )


def start_refusals(viewer: Viewer, assessments: Sequence[int]) -> Mapping[int, exceptions.Refusal | None]:
    """Return the reason why the viewer may not start each assessment now; None where starting leads to an attempt."""
    found = assessments_to_start(viewer).filter(pk__in=assessments).prefetch_related("questions__answers")
    return {
        assessment.pk: refusal_to_start(assessment, partial(_problem_of, assessment)) for assessment in found
    }


def with_all_that_starts(
    assessments: QuerySet[AssessmentToStart], learner: User
) -> QuerySet[AssessmentToStartNow]:
    """Add what an attempt is made of, for a start under the lock: the questions, and the learner's attempts so far."""
    made = AssessmentAttempt.objects.filter(user=learner, assessment=OuterRef("pk")).order_by(
        "attempt_number"
    )
    facts = made.annotate(is_open=is_open(), is_overdue=overdue())
    found: QuerySet[AssessmentToStartNow] = assessments.annotate(
        course_id=F(COURSE),
        decimal_comma=F(f"{COURSE}__decimal_comma"),
        asked=with_keys(Question.objects.filter(assessment=OuterRef("pk"))),
        taken=NestedRows(facts.values("id", "attempt_number", "is_open", "is_overdue")),
    )
    return found


def refusal_to_start(
    assessment: AssessmentToStart, problem: Callable[[], str | None]
) -> exceptions.Refusal | None:
    """Return the reason why the assessment cannot be started; `problem` of its questions is asked for last."""
    if not assessment.viewer_takes_course:
        return exceptions.NotEnrolled(field=_FIELD)
    if assessment.has_open:
        return None
    if not assessment.course_is_published:
        return exceptions.AssessmentNotReady("The course is not published now, so nobody can start.", _FIELD)
    if not assessment.is_published:
        return exceptions.AssessmentNotReady("It is not published now, so nobody can start.", _FIELD)
    return _outside_window(assessment) or _used_up(assessment) or _not_ready(problem())


def _outside_window(assessment: AssessmentToStart) -> exceptions.Refusal | None:
    now, opens_at, closes_at = (
        assessment.read_at,
        assessment.effective_opens_at,
        assessment.effective_closes_at,
    )
    if closes_at and closes_at <= now:
        return exceptions.AlreadyClosed(
            f"This assessment closed at {_as_told(closes_at)}. If you need more time, please ask an instructor "
            "of the course.",
            _FIELD,
        )
    if opens_at and now < opens_at:
        return exceptions.NotOpenYet(
            f"This assessment opens at {_as_told(opens_at)}. Please come back then.", _FIELD
        )
    return None


def _used_up(assessment: AssessmentToStart) -> exceptions.Refusal | None:
    if assessment.key_was_open and not assessment.may_retake_after_key:
        return exceptions.AnswerKeySeen(field=_FIELD)
    if not may_start(max_attempts=assessment.effective_max_attempts, used=assessment.used, has_open=False):
        return exceptions.AttemptLimitReached(field=_FIELD)
    return None


def _as_told(moment: datetime) -> str:
    """Return a moment as ISO 8601, in UTC."""
    return moment.astimezone(UTC).isoformat()


def _not_ready(problem: str | None) -> exceptions.Refusal | None:
    if problem is None:
        return None
    return exceptions.AssessmentNotReady(
        f"This assessment cannot be started yet. {problem} Please tell an instructor of the course.", _FIELD
    )


def problem_of_questions(questions: Iterable[tuple[int, values.Question]]) -> str | None:
    """Name the first question that is not complete, but not its defect: that can quote an accepted text.

    Questions come with their place in the author's order.
    """
    rules = [rule for _, rule in sorted(questions, key=lambda question: question[0])]
    if not rules:
        return "It has no questions yet."
    incomplete = (
        f"Question {position} is not complete yet."
        for position, rule in enumerate(rules, start=1)
        if question_problems(rule)
    )
    return next(incomplete, None)


def _problem_of(assessment: Assessment) -> str | None:
    return problem_of_questions(
        (question.order, question.to_rule()) for question in assessment.questions.all()
    )


def questions_to_check(_viewer: Viewer) -> QuerySet[Question]:
    """Return all questions, not narrowed: of one that is not complete, learners are told its position alone."""
    return Question.objects.only(*CHECKED_QUESTION)


def answers_to_check(_viewer: Viewer) -> QuerySet[Answer]:
    """Return the answers of these questions."""
    return Answer.objects.only(*CHECKED_ANSWER)
