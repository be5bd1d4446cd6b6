"""Why a response has the result that it has, in sentences. They name the key: for people who may see it."""

from decimal import Decimal

from courses.rules.credit import shown
from courses.rules.values import Grade


def explain(
    grade: Grade,
    *,
    credit: Decimal | None,
    points: int,
    possible: int,
    by_person: bool = False,
    regraded: str = "",
) -> tuple[str, ...]:
    """Return the steps that lead to a stored `credit` (0..1) and `points`.

    `grade` is what the key says now; where the stored result differs from it, a last step says why.
    `regraded` says what was done to the answer when it was graded again, empty when it never was.
    """
    if by_person:
        return (f"A person gave {points} of {possible} points. No regrade changes that.",)
    if credit is None or credit == grade.credit:
        return grade.steps
    stored = f"credit {shown(credit)}, {points} points"
    if regraded:
        return (*grade.steps, f"It was graded again and has {stored}. {regraded}.")
    return (*grade.steps, f"The key was corrected since it was graded, so it still has {stored}.")
