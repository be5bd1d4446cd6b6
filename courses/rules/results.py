"""Results of attempts after a change of grades: points, score, maximum and pass mark together.

Manual grading and a regrade both come here. Points are always the credit times the points of the question when
the attempt was laid out, so that no later edit changes the maximum of an attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from courses.rules.credit import kept_credit, kept_points, total_points, whole_points
from courses.rules.pass_mark import passes
from courses.rules.values import Response


@dataclass(frozen=True, slots=True)
class StoredGrade:
    """Stored grade of one question in one attempt.

    `credit` is 0..1, None while it waits for a person; `exact_points` are None then, too. `answer_id` is the key of its
    AttemptAnswer, None where no row was ever stored, which is the same as a blank response. `version` is the id of the
    version that graded it.
    """

    answer_id: int | None
    question_id: int
    response: Response | None
    credit: Fraction | None
    exact_points: Decimal | None
    points: int
    version: int | None = None
    by_person: bool = False

    @property
    def kept_credit(self) -> Decimal | None:
        """Credit as it is stored."""
        return None if self.credit is None else kept_credit(self.credit)


@dataclass(frozen=True, slots=True)
class NewGrade:
    """Replacement of the grade `before`, by the version of that id; None for one that is not stored yet."""

    before: StoredGrade
    credit: Fraction | None
    exact_points: Decimal | None
    points: int
    version: int | None = field(compare=False)

    @property
    def kept_credit(self) -> Decimal | None:
        """Credit as it is stored."""
        return None if self.credit is None else kept_credit(self.credit)

    @property
    def is_change(self) -> bool:
        """Difference in credit or points from those stored."""
        before = (self.before.credit, self.before.exact_points, self.before.points)
        return (self.credit, self.exact_points, self.points) != before


@dataclass(frozen=True, slots=True)
class NewResult:
    """Result of an attempt, in exact and in whole points; `changes` are the grades that differ from the stored ones.

    `regraded` are those that another version has graded, with the same credit. `is_passed` is None while it depends on
    manual grading.
    """

    exact_score: Decimal
    score: int
    max_score: int
    is_passed: bool | None
    waits_for_a_person: bool
    changes: tuple[NewGrade, ...]
    regraded: tuple[NewGrade, ...]


def new_result(
    grades: Sequence[StoredGrade],
    credits: Sequence[Fraction | None],
    versions: Sequence[int | None] | None = None,
    *,
    points_possible: Mapping[int, int],
    passing_score: int,
) -> NewResult:
    """Return the result of an attempt whose `grades` now have these `credits`, in the same order, by these `versions`;
    without them, by the same as before.

    `points_possible` are the points of each question in the attempt, and `passing_score` is in percent.
    """
    renewed = [
        _new_grade(grade, credit, points_possible[grade.question_id], version)
        for grade, credit, version in zip(
            grades, credits, versions or [grade.version for grade in grades], strict=True
        )
    ]
    exact_score = total_points(grade.exact_points for grade in renewed if grade.exact_points is not None)
    max_score = sum(points_possible[grade.question_id] for grade in grades)
    pending = [points_possible[grade.before.question_id] for grade in renewed if grade.credit is None]
    return NewResult(
        exact_score=exact_score,
        score=sum(grade.points for grade in renewed),
        max_score=max_score,
        is_passed=passes(exact_score, sum(pending), max_score, passing_score),
        waits_for_a_person=bool(pending),
        changes=tuple(grade for grade in renewed if grade.is_change),
        regraded=tuple(
            grade for grade in renewed if not grade.is_change and grade.version != grade.before.version
        ),
    )


def _new_grade(before: StoredGrade, credit: Fraction | None, possible: int, version: int | None) -> NewGrade:
    if credit is None:
        return NewGrade(before, None, None, 0, version)
    points = possible * credit
    return NewGrade(before, credit, kept_points(points), whole_points(points), version)
