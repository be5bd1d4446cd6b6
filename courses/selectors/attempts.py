"""Attempts and their questions as laid out, narrowed to a viewer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Generic, TypeAlias, TypedDict, TypeVar

from django.db.models import Case, CharField, Exists, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from courses.constants import AttemptState, GradingState, QuestionType
from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, Question
from courses.models.accommodations import for_learner
from courses.models.attempts import COUNTED_SCORE, ROUNDED_PERCENTAGE, SCORE_PERCENTAGE
from courses.models.question_versions import current_versions, versions_by_id
from courses.policies import answer_key, participation, results
from courses.policies.attempt_time import overdue
from courses.policies.grading import WAITS_FOR_A_PERSON
from courses.policies.participation import Viewer
from courses.rules import grading, values
from courses.rules.layout import as_laid_out
from courses.rules.versions import Version
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


def shows_score(attempt: VisibleAttempt) -> bool:
    """Return whether score, percentage and pass mark are shown: results visible, and final."""
    return attempt.is_completed and attempt.results_visible and not attempt.waits_for_a_person


SHOWS_SCORE = Q(is_completed=True, results_visible=True, waits_for_a_person=False)
"""The same over rows of `attempts_visible_to`, as are all that follow."""

STATE = Case(
    When(is_completed=True, then=Value(AttemptState.COMPLETED)),
    default=Value(AttemptState.IN_PROGRESS),
    output_field=CharField(choices=AttemptState.choices),
)
"""State of an attempt."""

GRADING_STATE = Case(
    When(is_completed=False, then=Value(GradingState.NOT_READY)),
    When(waits_for_a_person=True, then=Value(GradingState.PENDING_MANUAL)),
    default=Value(GradingState.FULLY_GRADED),
    output_field=CharField(choices=GradingState.choices),
)
"""Progress of an attempt's grading."""

SHOWN_SCORE = Case(When(SHOWS_SCORE, then="score"))
"""Whole points; null where the score is not shown."""

SHOWN_EXACT_SCORE = Case(When(SHOWS_SCORE, then=Func(COUNTED_SCORE, function="trim_scale")))
"""Exact score without trailing zeros; null where the score is not shown."""

SHOWN_PERCENTAGE = Case(When(SHOWS_SCORE, then=ROUNDED_PERCENTAGE))
"""Score in percent with two decimals; null where the score is not shown, or there was nothing to earn."""

SHOWN_VERDICT = Case(When(is_completed=True, results_visible=True, then="is_passed"))
"""True for an attempt that is passed; null where results are not shown, or that is not certain."""


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
    shown = made.filter(SHOWS_SCORE)
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
    """A question as one attempt lays it out, of the version that was asked.

    `graded_by` is the version whose key counts: the one that last graded the response, before that the one asked.
    `answered` is the stored row of the response, None without one.
    """

    attempt: Attempt
    position: int
    entry: values.LayoutEntry
    asked: Version
    graded_by: Version
    answered: AttemptAnswer | None

    @property
    def question_id(self) -> int:
        return self.asked.question_id

    @property
    def lasting_key(self) -> tuple[int, int] | None:
        """Identity of what the attempt shows of the question before it is answered: it never changes. None where the
        attempt names no version.
        """
        return None if self.asked.id is None else (self.attempt.pk, self.asked.id)

    @property
    def type(self) -> QuestionType:
        return self.asked.question.type

    @property
    def points(self) -> int:
        """Points for full credit, as they were laid out."""
        return self.entry.get("points", self.asked.question.points)

    @cached_property
    def key(self) -> values.Question:
        """The key that counts, as the attempt offers it; sentences about it name what was asked."""
        asked = None if self.graded_by is self.asked else self.asked.answers
        return as_laid_out(self.graded_by.question, self.entry, asked)

    @property
    def is_answered(self) -> bool:
        """True where a response is stored that is not blank."""
        return self.answered is not None and not grading.is_unanswered(self.type, self.answered.response)


LaidOutQuestion: TypeAlias = LaidOut[AssessmentAttempt]
VisibleQuestion: TypeAlias = LaidOut[VisibleAttempt]


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
    "graded_version_id",
    "graded_by_id",
    "graded_at",
    "revision",
    "is_flagged",
)
"""Columns of stored responses that attempts show."""

LAID_OUT_BY = frozenset({"attempt_id", "question_id", "graded_version_id"})
"""The part of ANSWERED that `lay_out` reads."""


def answered_in_attempts(_viewer: Viewer) -> QuerySet[AttemptAnswer]:
    """Return stored responses with the columns that attempts show.

    Not narrowed: for attempts that were found to be visible.
    """
    return AttemptAnswer.objects.only(*ANSWERED)


def laid_out_questions(attempts: Sequence[Attempt]) -> Mapping[Attempt, list[LaidOut[Attempt]]]:
    """Return the questions of each attempt as it lays them out: a statement for all attempts, and one for versions that
    are not in memory.
    """
    answered = list(AttemptAnswer.objects.filter(attempt__in=[attempt.pk for attempt in attempts]))
    versions = versions_by_id(versions_in(attempts, answered))
    return lay_out(attempts, versions, answered, unnamed_versions(attempts))


def versions_in(attempts: Iterable[AssessmentAttempt], answered: Iterable[AttemptAnswer]) -> set[int]:
    """Return the ids of all versions that the attempts lay out, and that their responses were graded by."""
    wanted = {
        entry["version"]
        for attempt in attempts
        for entry in attempt.layout.get("questions", ())
        if "version" in entry
    }
    wanted.update(row.graded_version_id for row in answered if row.graded_version_id is not None)
    return wanted


def names_versions(attempt: AssessmentAttempt) -> bool:
    """Return whether the attempt's layout names a version of every question."""
    return all("version" in entry for entry in attempt.layout.get("questions", ()))


def unnamed_versions(attempts: Iterable[AssessmentAttempt]) -> Mapping[int, Version]:
    """Return the questions whose versions layouts do not name, as they are now, by their ids.

    A process of a release that knows no versions can have started such attempts beside this one; `name_versions` has
    them named. Questions that were gone before there were versions stay without.
    """
    unnamed = {
        entry["id"]
        for attempt in attempts
        for entry in attempt.layout.get("questions", ())
        if "version" not in entry
    }
    if not unnamed:
        return {}
    return current_versions(Question.objects.filter(pk__in=unnamed).prefetch_related("answers"), make=False)


def lay_out(
    attempts: Sequence[Attempt],
    versions: Mapping[int, Version],
    answered: Iterable[AttemptAnswer],
    unnamed: Mapping[int, Version],
) -> Mapping[Attempt, list[LaidOut[Attempt]]]:
    """Join rows to each attempt's layout, in its order; `unnamed` are the versions that it does not name, by the ids of
    their questions. Questions that are gone are left out.
    """
    stored = {(row.attempt_id, row.question_id): row for row in answered}
    return {
        attempt: [
            laid_out(
                attempt,
                (position, entry),
                versions[entry["version"]] if "version" in entry else unnamed[entry["id"]],
                versions,
                stored.get((attempt.pk, entry["id"])),
            )
            for position, entry in enumerate(attempt.layout.get("questions", ()), start=1)
            if "version" in entry or entry["id"] in unnamed
        ]
        for attempt in attempts
    }


def laid_out(
    attempt: OfAttempt,
    place: tuple[int, values.LayoutEntry],
    asked: Version,
    versions: Mapping[int, Version],
    answered: AttemptAnswer | None,
) -> LaidOut[OfAttempt]:
    """Lay out a question at its `place`: the position from 1, and the entry of the attempt's layout."""
    position, entry = place
    graded_by = answered.graded_version_id if answered else None
    return LaidOut(
        attempt, position, entry, asked, asked if graded_by is None else versions[graded_by], answered
    )
