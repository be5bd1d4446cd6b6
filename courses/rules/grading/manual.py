"""Grading by a person: which points may be given, and what credit they stand for."""

from decimal import Decimal

from courses import exceptions
from courses.rules.grading.points import correctness_of, kept_credit
from courses.rules.grading.types import Grade


def grade_by_person(*, points: int, possible: int, unanswered: bool = False) -> Grade:
    """Return the grade that a person gave.

    Raises exceptions.Invalid, field `points`, for fewer than 0 or more than the possible points.
    """
    if not 0 <= points <= possible:
        raise exceptions.Invalid(f"Please give between 0 and {possible} points.", field=("points",))
    credit = kept_credit(Decimal(points) / possible) if possible else Decimal(0)
    step = f"A person gave {points} of {possible} points."
    return Grade(correctness_of(credit, unanswered=unanswered), credit, points, (step,))
