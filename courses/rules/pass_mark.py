"""Score, percentage and pass mark, by exact points: what is compared is not rounded, and what is shown is."""

from decimal import Decimal
from fractions import Fraction
from math import floor


def passes(
    exact_score: Decimal | int, pending_points: int, max_score: int, passing_score: int
) -> bool | None:
    """Return whether an attempt passes, None while that depends on manual grading.

    `exact_score` is the points graded so far and `pending_points` the most that ungraded responses can still earn;
    `passing_score` is in percent. The outcome is known early when the score suffices already, and when all
    pending points would not suffice.
    """
    earned, needed = Fraction(exact_score), passing_score * max_score
    if earned * 100 >= needed:
        return True
    if (earned + pending_points) * 100 < needed:
        return False
    return None


def share(exact_score: Decimal | int, max_score: int) -> Fraction | None:
    """Return the part of the maximum that was earned, 0..1; None when there are no points to earn."""
    return Fraction(exact_score) / max_score if max_score else None


def percentage(exact_score: Decimal | int, max_score: int) -> Decimal | None:
    """Return the score in percent with two decimals, rounded half up; None when there are no points to earn."""
    earned = share(exact_score, max_score)
    return None if earned is None else Decimal(f"{floor(earned * 10_000 + Fraction(1, 2))}e-2")
