"""Score, percentage and pass mark: whole numbers compared without rounding."""

from decimal import ROUND_HALF_UP, Decimal

_TWO_PLACES = Decimal("0.01")


def passes(score: int, pending_points: int, max_score: int, passing_score: int) -> bool | None:
    """Return whether an attempt passes, None while that depends on manual grading.

    `score` is the points graded so far and `pending_points` the most that ungraded responses can still earn;
    `passing_score` is in percent. The outcome is known early when the score suffices already, and when all
    pending points would not suffice.
    """
    needed = passing_score * max_score
    if score * 100 >= needed:
        return True
    if (score + pending_points) * 100 < needed:
        return False
    return None


def percentage(score: int, max_score: int) -> Decimal | None:
    """Return the score in percent with two decimals, rounded half up; None when there are no points to earn."""
    if max_score == 0:
        return None
    return (Decimal(100) * score / max_score).quantize(_TWO_PLACES, ROUND_HALF_UP)
