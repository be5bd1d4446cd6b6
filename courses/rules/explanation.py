"""Explanations of grades, in sentences. They name the key: for people who may see it."""

from decimal import Decimal

from courses.rules.credit import kept_credit, shown, written_points
from courses.rules.values import Grade


def explain(
    grade: Grade,
    *,
    credit: Decimal,
    points: Decimal,
    possible: int,
    by_person: bool = False,
    regraded: str = "",
) -> tuple[str, ...]:
    """Return the steps that lead to a stored `credit` (0..1) and exact `points`.

    `grade` is the grade by the current key; where the stored result differs from it, a last step says why.
    `regraded` describes the last regrade of the response, empty when there was none.
    """
    if by_person:
        return (f"A person gave {shown(points)} of {possible} points. No regrade changes that.",)
    if grade.credit is not None and credit == kept_credit(grade.credit):
        return grade.steps
    stored = f"credit {shown(credit)}, {written_points(points)}"
    if regraded:
        return (*grade.steps, f"It was graded again and has {stored}. {regraded}.")
    return (*grade.steps, f"The key was corrected since it was graded, so it still has {stored}.")
