"""Conversion of credit to points: exact arithmetic, storage precision, rounding and names.

Credit is a fraction while it is worked with. It is stored with ten decimals, and the points that it earns with
eighteen, so what has no finite decimal, such as a third, is held rounded half up. `credit_of` and `points_of` take the
fraction back that a stored number stands for: three thirds of a point are a point.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor

from courses.constants import FULL_CREDIT, NO_CREDIT, Correctness

CREDIT_DECIMALS = 10
POINTS_DECIMALS = 18


def kept_credit(credit: Fraction) -> Decimal:
    """Return a credit as it is stored: 2/3 becomes 0.6666666667."""
    return _rounded(credit, CREDIT_DECIMALS)


def kept_points(points: Fraction) -> Decimal:
    """Return exact points, or a sum of them, as they are stored: 2/3 becomes 0.666666666666666667."""
    return _rounded(points, POINTS_DECIMALS)


def credit_of(kept: Decimal) -> Fraction:
    """Return the credit that a stored one stands for: exactly, up to denominators of 100,000."""
    return _simplest(kept, CREDIT_DECIMALS)


def points_of(kept: Decimal) -> Fraction:
    """Return the points that stored ones stand for: exactly, up to denominators of 1,000,000,000."""
    return _simplest(kept, POINTS_DECIMALS)


@lru_cache(maxsize=4096)
def exact_points(points: int, credit: Decimal) -> Decimal:
    """Return points x what a stored credit stands for, as exact points are stored."""
    return kept_points(points * credit_of(credit))


def counted_points(kept: Decimal | None, possible: int, credit: Decimal) -> Decimal:
    """Return the stored exact points of a grade, or what it earned where they are not stored."""
    return exact_points(possible, credit) if kept is None else kept


def exact_credit(credit: Decimal, kept: Decimal | None, possible: int) -> Fraction:
    """Return the credit that a stored grade stands for, which its exact points tell more exactly if they are of it."""
    exact = None if kept is None else points_of(kept) / possible
    return exact if exact is not None and kept_credit(exact) == credit else credit_of(credit)


def total_points(kept: Iterable[Decimal]) -> Decimal:
    """Return the sum of what stored points stand for, as it is stored."""
    return kept_points(sum(map(points_of, kept), Fraction(0)))


def whole_points(points: Fraction) -> int:
    """Return points as a whole number, rounded half up."""
    return floor(points + Fraction(1, 2))


def round_half_up(value: Decimal) -> int:
    """Return the nearest whole number; a half goes up."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def correctness_of(credit: Fraction | Decimal | None, *, unanswered: bool) -> Correctness:
    """Name a credit: none is INCORRECT, full is CORRECT, anything between is PARTIAL, None is PENDING.

    A blank response is UNANSWERED as long as it earned nothing; a regrade may have given it full credit.
    """
    if credit is None:
        return Correctness.PENDING
    if credit <= NO_CREDIT:
        return Correctness.UNANSWERED if unanswered else Correctness.INCORRECT
    return Correctness.CORRECT if credit >= FULL_CREDIT else Correctness.PARTIAL


def plain(number: Decimal) -> Decimal:
    """Return a number without trailing zeros and without an exponent: 2.50 becomes 2.5, and 1E+2 becomes 100."""
    return Decimal(f"{number.normalize():f}")


def shown(number: Fraction | Decimal) -> str:
    """Write a number for people: at most four decimals and no trailing zeros."""
    return f"{_rounded(Fraction(number), 4):f}".rstrip("0").rstrip(".")


def written_points(points: Fraction | Decimal) -> str:
    """Write exact points for people, with the whole number that they are rounded to."""
    exact, whole = Fraction(points), whole_points(Fraction(points))
    return f"{whole} points" if exact == whole else f"{shown(exact)} points, rounded half up to {whole}"


def _rounded(number: Fraction, decimals: int) -> Decimal:
    """Round half up."""
    digits = floor(number * 10**decimals + Fraction(1, 2))
    return Decimal(f"{digits}e-{decimals}")


@lru_cache(maxsize=4096)
def _simplest(kept: Decimal, decimals: int) -> Fraction:
    """Return the fraction with a small denominator that is stored as `kept`, or the number itself without one.

    Two fractions whose denominators have no more than half of the decimals are never stored as the same number.
    """
    found = Fraction(kept).limit_denominator(10 ** (decimals // 2))
    return found if _rounded(found, decimals) == kept else Fraction(kept)
