"""Attempts and their questions as laid out, narrowed to a viewer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Generic, TypeAlias, TypedDict, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from courses.models import Answer, Assessment, AssessmentAttempt, AttemptAnswer, Question
from courses.models.accommodations import for_learner
from courses.models.attempts import SCORE_PERCENTAGE
from courses.policies import answer_key, participation, results
from courses.policies.attempt_time import overdue
from courses.policies.grading import WAITS_FOR_A_PERSON
from courses.policies.participation import Viewer
from courses.rules import grading, values
from courses.rules.layout import as_laid_out
from courses.utils.annotated_rows import WithAnnotations
from courses.utils.clock import StatementTimestamp
from courses.utils.subqueries import number_of


class _Seen(TypedDict):
    read_at: datetime
    is_overdue: bool
    waits_for_a_person: bool
    viewer_is_learner: bool
    viewer_is_staff: bool
    results_visible: bool
    answer_key_visible: bool


VisibleAttempt: TypeAlias = WithAnnotations[AssessmentAttempt, _Seen]
"""An attempt with the annotations of `attempts_visible_to`."""


def attempts_visible_to(viewer: Viewer) -> QuerySet[VisibleAttempt]:
    """Return the viewer's attempts and those in courses that the viewer teaches, annotated with access to their parts.

    `read_at` is the database's clock, from which the remaining time is counted.
    """
    return AssessmentAttempt.objects.filter(results.may_see_attempt(viewer)).annotate(
        read_at=StatementTimestamp(),
        is_overdue=overdue(),
        waits_for_a_person=WAITS_FOR_A_PERSON,
        viewer_is_learner=Q(user_id=viewer.pk) if viewer else participation.NEVER,
        viewer_is_staff=participation.teaches(viewer, results.COURSE_OF_ATTEMPT),
        results_visible=results.may_see_results(viewer),
        answer_key_visible=answer_key.may_see_answer_key(viewer),
    )


def attempts_of(viewer: Viewer) -> QuerySet[VisibleAttempt]:
    """Return the viewer's own attempts, annotated like all."""
    attempts = attempts_visible_to(viewer)
    return attempts.filter(user=viewer) if viewer else attempts.none()


class _Taken(TypedDict):
    used: int
    open_id: int | None
    best_id: int | None
    has_overdue: bool
    effective_max_attempts: int
    effective_time_limit: int
    effective_opens_at: datetime | None
    effective_closes_at: datetime | None
    may_retake_after_key: bool


TakenAssessment: TypeAlias = WithAnnotations[Assessment, _Taken]
"""An assessment with the annotations of `assessments_as_taken_by`."""


def assessments_as_taken_by(viewer: Viewer) -> QuerySet[TakenAssessment]:
    """Return all assessments with a summary of the viewer's own attempts at each; none for nobody.

    `best_id` is chosen among the results that the viewer may see, the first of equals. `has_overdue` tells of an
    attempt that is to be closed before the others are right.
    """
    made = attempts_of(viewer).filter(assessment=OuterRef("pk"))
    shown = made.filter(is_completed=True, results_visible=True, waits_for_a_person=False)
    best_first = shown.order_by(Coalesce(SCORE_PERCENTAGE, Value(Decimal(0))).desc(), "attempt_number")
    assessments = for_learner(Assessment.objects.all(), viewer).annotate(
        used=number_of(made, by="assessment"),
        open_id=Subquery(made.filter(is_completed=False).values("pk")),
        best_id=Subquery(best_first.values("pk")[:1]),
        has_overdue=Exists(made.filter(is_overdue=True)),
    )
    return assessments if viewer else assessments.none()


Attempt = TypeVar("Attempt", bound=AssessmentAttempt, covariant=True)
OfAttempt = TypeVar("OfAttempt", bound=AssessmentAttempt)


@dataclass(frozen=True)
class LaidOut(Generic[Attempt]):
    """A question as one attempt lays it out. `answered` is its stored row, None without one."""

    attempt: Attempt
    position: int
    entry: values.LayoutEntry
    question: Question
    rule: values.Question
    answered: AttemptAnswer | None

    @cached_property
    def answers(self) -> Mapping[int, values.Answer]:
        """The answers of the question, by their ids."""
        return {answer.id: answer for answer in self.rule.answers}

    @property
    def is_answered(self) -> bool:
        """True where a response is stored that is not blank."""
        return self.answered is not None and not grading.is_unanswered(self.rule.type, self.answered.response)


def laid_out(
    attempt: OfAttempt,
    place: tuple[int, values.LayoutEntry],
    question: Question,
    rule: values.Question,
    answered: AttemptAnswer | None,
) -> LaidOut[OfAttempt]:
    """Lay out a question at its `place`: the position from 1, and the entry of the attempt's layout."""
    position, entry = place
    return LaidOut(attempt, position, entry, question, as_laid_out(rule, entry), answered)


QuestionWithRule: TypeAlias = tuple[Question, values.Question]
LaidOutQuestion: TypeAlias = LaidOut[AssessmentAttempt]
VisibleQuestion: TypeAlias = LaidOut[VisibleAttempt]


LAID_OUT_QUESTION = ("question_type", "scoring", "points", "question_text", "explanation")
"""Columns of questions that attempts show."""

LAID_OUT_ANSWER = (
    "order",
    "question_id",
    "answer_text",
    "is_correct",
    "explanation",
    "match_text",
    "blank_key",
    "text_match",
    "tolerance",
    "credit",
)
"""Columns of answers of the key that attempts show."""

ANSWERED = (
    "attempt_id",
    "question_id",
    "is_correct",
    "points_earned",
    "exact_points",
    "feedback",
    "answered_at",
    "response",
    "credit",
    "graded_by_id",
    "graded_at",
    "revision",
    "is_flagged",
)
"""Columns of stored responses that attempts show."""


def questions_as_laid_out(_viewer: Viewer) -> QuerySet[Question]:
    """Return questions with the columns that attempts show.

    Not narrowed, like the next two selectors: for attempts that were found to be visible.
    """
    return Question.objects.only(*LAID_OUT_QUESTION)


def answers_as_laid_out(_viewer: Viewer) -> QuerySet[Answer]:
    """Return answers of the key with the columns that attempts show."""
    return Answer.objects.only(*LAID_OUT_ANSWER)


def answered_in_attempts(_viewer: Viewer) -> QuerySet[AttemptAnswer]:
    """Return stored responses with the columns that attempts show."""
    return AttemptAnswer.objects.only(*ANSWERED)


def laid_out_questions(attempts: Sequence[Attempt]) -> Mapping[Attempt, list[LaidOut[Attempt]]]:
    """Return the questions of each attempt as it lays them out: three statements for all attempts."""
    wanted = questions_in(attempts)
    return lay_out(
        attempts,
        with_rules(Question.objects.filter(pk__in=wanted), Answer.objects.filter(question__in=wanted)),
        AttemptAnswer.objects.filter(attempt__in=[attempt.pk for attempt in attempts]),
    )


def laid_out_in(layout: str) -> str:
    """Return the query of the ids of questions that the column `layout` of an attempt has."""
    return f"SELECT (entry ->> 'id')::bigint FROM jsonb_array_elements({layout} -> 'questions') AS entry"  # noqa: S608


def questions_in(attempts: Sequence[AssessmentAttempt]) -> list[int]:
    """Return the ids of all questions that the attempts lay out."""
    return list({entry["id"] for attempt in attempts for entry in attempt.layout["questions"]})


def with_rules(questions: Iterable[Question], answers: Iterable[Answer]) -> list[QuestionWithRule]:
    """Return each question with the plain value of its key."""
    key: dict[int, list[Answer]] = {}
    for answer in answers:
        key.setdefault(answer.question_id, []).append(answer)
    return [(question, question.to_rule(key.get(question.pk, ()))) for question in questions]


def lay_out(
    attempts: Sequence[Attempt], questions: Iterable[QuestionWithRule], answered: Iterable[AttemptAnswer]
) -> Mapping[Attempt, list[LaidOut[Attempt]]]:
    """Join rows to each attempt's layout, in its order. Questions that were deleted are left out."""
    found = {question.pk: (question, rule) for question, rule in questions}
    stored = {(row.attempt_id, row.question_id): row for row in answered}
    return {
        attempt: [
            laid_out(attempt, place, *found[pk], stored.get((attempt.pk, pk)))
            for place in enumerate(attempt.layout["questions"], start=1)
            if (pk := place[1]["id"]) in found
        ]
        for attempt in attempts
    }
