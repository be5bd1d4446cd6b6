"""Percentages, and when it is certain whether an attempt passes."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.rules.pass_mark import passes, percentage, share


@pytest.mark.parametrize(
    ("score", "pending", "max_score", "passing_score", "expected"),
    [
        pytest.param(8, 0, 10, 80, True, id="exactly the pass mark"),
        pytest.param(7, 0, 10, 80, False, id="below the pass mark"),
        pytest.param(2, 0, 3, 67, False, id="66.67 is not rounded up to 67"),
        pytest.param(2, 0, 3, 66, True, id="66.67 is more than 66"),
        pytest.param(0, 0, 10, 0, True, id="a pass mark of nothing"),
        pytest.param(10, 0, 10, 100, True, id="everything"),
        pytest.param(9, 0, 10, 100, False, id="all but one"),
        pytest.param(8, 2, 10, 80, True, id="enough already, whatever the person gives"),
        pytest.param(5, 2, 10, 80, False, id="not enough even with all that waits"),
        pytest.param(6, 2, 10, 80, None, id="depends on the person"),
        pytest.param(0, 10, 10, 80, None, id="everything waits"),
    ],
)
def test_passing_is_known_as_soon_as_it_is_certain_either_way(
    score, pending, max_score, passing_score, expected
):
    assert passes(score, pending, max_score, passing_score) is expected


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 100))
def test_an_early_verdict_is_what_every_final_score_gives(score, pending, rest, passing_score):
    max_score = score + pending + rest
    final = {passes(score + given, 0, max_score, passing_score) for given in range(pending + 1)}

    early = passes(score, pending, max_score, passing_score)

    assert final == ({True, False} if early is None else {early})


@pytest.mark.parametrize(
    ("score", "max_score", "expected"),
    [(2, 3, "66.67"), (1, 3, "33.33"), (1, 800, "0.13"), (5, 5, "100.00"), (0, 7, "0.00"), (1, 32, "3.13")],
)
def test_a_percentage_has_two_decimals_rounded_half_up(score, max_score, expected):
    assert str(percentage(score, max_score)) == expected


@pytest.mark.parametrize(
    ("score", "max_score", "passing_score", "shown", "expected"),
    [
        pytest.param("0.5", 1, 100, "50.00", False, id="half of one point is not one point"),
        pytest.param("0.5", 1, 50, "50.00", True, id="half of one point is half"),
        pytest.param("599.96", 1000, 60, "60.00", False, id="59.996 is shown as 60.00 and does not pass"),
        pytest.param("600", 1000, 60, "60.00", True, id="60 passes"),
        pytest.param("0.333333333333333333", 1, 33, "33.33", True, id="a third is more than 33 percent"),
        pytest.param("0.333333333333333333", 1, 34, "33.33", False, id="a third is less than 34 percent"),
        pytest.param(
            "599999999.999999999999999999", 10**9, 60, "60.00", False, id="the last decimal of many"
        ),
        pytest.param("2.005", 100, 2, "2.01", True, id="a half goes up"),
    ],
)
def test_what_is_compared_is_not_what_is_shown(score, max_score, passing_score, shown, expected):
    assert passes(Decimal(score), 0, max_score, passing_score) is expected
    assert str(percentage(Decimal(score), max_score)) == shown


def test_shares_of_equal_percentages_still_differ():
    assert percentage(Decimal("59.996"), 100) == percentage(60, 100)
    assert (share(Decimal("59.996"), 100), share(60, 100)) == (Fraction("0.59996"), Fraction("0.6"))


def test_there_is_no_percentage_of_nothing():
    assert share(0, 0) is None
    assert percentage(0, 0) is None
