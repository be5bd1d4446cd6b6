"""Exact credit and points: what is stored of them, and what the stored numbers stand for."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.constants import MAX_POINTS
from courses.rules.credit import (
    counted_points,
    credit_of,
    exact_credit,
    exact_points,
    kept_credit,
    kept_points,
    plain,
    points_of,
    shown,
    total_points,
    written_points,
)

points = st.integers(1, MAX_POINTS)


@st.composite
def shares(draw: st.DrawFn, most: int) -> Fraction:
    """A credit with a denominator up to `most`."""
    parts = draw(st.integers(1, most))
    return Fraction(draw(st.integers(0, parts)), parts)


@pytest.mark.parametrize(
    ("exact", "kept"),
    [
        pytest.param("0", "0E-18", id="nothing"),
        pytest.param("1/2", "0.500000000000000000", id="a half"),
        pytest.param("1/3", "0.333333333333333333", id="a third goes down"),
        pytest.param("2/3", "0.666666666666666667", id="two thirds go up"),
        pytest.param("5000000/7", "714285.714285714285714286", id="sevenths of many points"),
        pytest.param("1000000000", "1000000000.000000000000000000", id="the highest score"),
    ],
)
def test_points_are_kept_with_eighteen_decimals(exact: str, kept: str) -> None:
    assert str(kept_points(Fraction(exact))) == kept


@settings(deadline=None, print_blob=True)
@given(credit=shares(100_000))
def test_a_kept_credit_stands_for_the_fraction_that_it_was(credit: Fraction) -> None:
    assert credit_of(kept_credit(credit)) == credit


@settings(deadline=None, print_blob=True)
@given(points=points, credit=shares(1_000_000))
def test_kept_points_stand_for_points_times_credit(points: int, credit: Fraction) -> None:
    assert points_of(kept_points(points * credit)) == points * credit


@settings(deadline=None, print_blob=True)
@given(points=points, credit=st.decimals(0, 1, places=10))
def test_whatever_credit_is_stored_is_itself_once_more(points: int, credit: Decimal) -> None:
    assert kept_credit(credit_of(credit)) == credit
    assert kept_credit(exact_credit(credit, exact_points(points, credit), points)) == credit


@settings(deadline=None, print_blob=True)
@given(st.lists(st.tuples(points, shares(60)), max_size=30))
def test_a_total_is_the_sum_of_the_fractions_and_not_of_what_was_kept(
    graded: list[tuple[int, Fraction]],
) -> None:
    kept = [kept_points(points * credit) for points, credit in graded]
    assert total_points(kept) == kept_points(sum((points * credit for points, credit in graded), Fraction(0)))


def test_three_thirds_of_a_point_are_a_point() -> None:
    third = kept_points(Fraction(1, 3))
    assert total_points([third, third, third]) == 1
    assert third + third + third == Decimal("0.999999999999999999")


def test_blanks_with_many_credits_are_as_exact() -> None:
    credit = Fraction(Decimal("11.0001")) / 12
    assert points_of(kept_points(credit * 12)) == Fraction(Decimal("11.0001"))


@pytest.mark.parametrize(
    ("kept", "credit", "expected"),
    [
        pytest.param("2.5", "0.8333333333", "2.5", id="as they are stored"),
        pytest.param(None, "0.8333333333", "2.5", id="not stored by an earlier version"),
    ],
)
def test_a_grade_without_exact_points_counts_its_credit(kept: str | None, credit: str, expected: str) -> None:
    assert counted_points(None if kept is None else Decimal(kept), 3, Decimal(credit)) == Decimal(expected)


def test_exact_points_of_another_grade_are_not_believed() -> None:
    assert exact_credit(Decimal("0.5"), Decimal(3), 3) == Fraction(1, 2)
    assert exact_credit(Decimal("0.3333333333"), Decimal(1), 3) == Fraction(1, 3)


@pytest.mark.parametrize(
    ("number", "expected"), [("2.500", "2.5"), ("100", "100"), ("1E+2", "100"), ("0E-18", "0")]
)
def test_a_plain_number_has_neither_trailing_zeros_nor_an_exponent(number: str, expected: str) -> None:
    assert str(plain(Decimal(number))) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [("0", "0"), ("1/3", "0.3333"), ("-1/2", "-0.5"), ("100", "100"), ("0.00005", "0.0001")],
)
def test_numbers_are_shown_with_at_most_four_decimals(number: str, expected: str) -> None:
    assert shown(Fraction(number)) == expected


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("2", "2 points"),
        ("0.5", "0.5 points, rounded half up to 1"),
        ("1/3", "0.3333 points, rounded half up to 0"),
    ],
)
def test_points_are_written_with_what_they_are_rounded_to(points: str, expected: str) -> None:
    assert written_points(Fraction(points)) == expected
