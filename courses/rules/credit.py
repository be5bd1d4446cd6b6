"""Conversion of credit to points: rounding, storage precision and names."""

from decimal import ROUND_HALF_UP, Decimal

from courses.constants import FULL_CREDIT, NO_CREDIT, Correctness

CREDIT_PLACES = Decimal("1E-10")
_PRODUCT_PLACES = Decimal("1E-6")


def kept_credit(credit: Decimal) -> Decimal:
    """Return a credit with the ten decimals that are stored: 2/3 becomes 0.6666666667."""
    return credit.quantize(CREDIT_PLACES, ROUND_HALF_UP)


def earned_points(points: int, credit: Decimal) -> int:
    """Return points x credit as whole points, rounded half up.

    A kept credit has lost the digits after its tenth decimal: 3 x 0.8333333333 stands for 2.5, which rounds
    up. So the product is first taken back to six decimals.
    """
    return round_half_up((points * credit).quantize(_PRODUCT_PLACES, ROUND_HALF_UP))


def round_half_up(value: Decimal) -> int:
    """Return the nearest whole number; a half goes up."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def correctness_of(credit: Decimal | None, *, unanswered: bool) -> Correctness:
    """Name a credit: none is INCORRECT, full is CORRECT, anything between is PARTIAL, None is PENDING.

    A blank response is UNANSWERED as long as it earned nothing; a regrade may have given it full credit.
    """
    if credit is None:
        return Correctness.PENDING
    if credit <= NO_CREDIT:
        return Correctness.UNANSWERED if unanswered else Correctness.INCORRECT
    return Correctness.CORRECT if credit >= FULL_CREDIT else Correctness.PARTIAL


def shown(number: Decimal) -> str:
    """Write a number for people: at most four decimals and no trailing zeros."""
    return f"{number:.4f}".rstrip("0").rstrip(".")
