"""Results of attempts after a change of grades: points, score, maximum and pass mark together.

Manual grading and a regrade both come here. Points are always the credit times the points of the question when
the attempt was laid out, so that no later edit changes the maximum of an attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from courses.rules.credit import earned_points
from courses.rules.pass_mark import passes
from courses.rules.values import Response


@dataclass(frozen=True, slots=True)
class StoredGrade:
    """Stored grade of one question in one attempt.

    `credit` is 0..1, None while it waits for a person. `answer_id` is the key of its AttemptAnswer, None where no
    row was ever stored, which is the same as a blank response.
    """

    answer_id: int | None
    question_id: int
    response: Response | None
    credit: Decimal | None
    points: int
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class NewGrade:
    """Replacement of the grade `before`."""

    before: StoredGrade
    credit: Decimal | None
    points: int

    @property
    def is_change(self) -> bool:
        """Difference in credit or points from those stored."""
        return (self.credit, self.points) != (self.before.credit, self.before.points)


@dataclass(frozen=True, slots=True)
class NewResult:
    """Result of an attempt in whole points; `changes` are the grades that differ from the stored ones.

    `is_passed` is None while it depends on manual grading.
    """

    score: int
    max_score: int
    is_passed: bool | None
    waits_for_a_person: bool
    changes: tuple[NewGrade, ...]


def new_result(
    grades: Sequence[StoredGrade],
    credits: Sequence[Decimal | None],
    *,
    points_possible: Mapping[int, int],
    passing_score: int,
) -> NewResult:
    """Return the result of an attempt whose `grades` now have these `credits`, in the same order.

    `points_possible` are the points of each question in the attempt, and `passing_score` is in percent.
    """
    renewed = [
        NewGrade(
            grade, credit, 0 if credit is None else earned_points(points_possible[grade.question_id], credit)
        )
        for grade, credit in zip(grades, credits, strict=True)
    ]
    score = sum(grade.points for grade in renewed)
    max_score = sum(points_possible[grade.question_id] for grade in grades)
    pending = [points_possible[grade.before.question_id] for grade in renewed if grade.credit is None]
    return NewResult(
        score=score,
        max_score=max_score,
        is_passed=passes(score, sum(pending), max_score, passing_score),
        waits_for_a_person=bool(pending),
        changes=tuple(grade for grade in renewed if grade.is_change),
    )
