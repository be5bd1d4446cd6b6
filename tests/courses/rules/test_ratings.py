"""What the stars of many reviews add up to."""

from decimal import Decimal

import pytest

from courses.rules.ratings import RatingSummary


@pytest.mark.parametrize(
    ("counts", "average"),
    [
        ({5: 1}, "5.00"),
        ({4: 1, 5: 2}, "4.67"),
        ({1: 1, 2: 2}, "1.67"),
        ({4: 7, 5: 1}, "4.13"),  # 4.125: half up, where half even would say 4.12
        ({1: 199, 2: 1}, "1.01"),  # 1.005, which a float holds as 1.00499...
    ],
)
def test_the_average_has_two_decimals_rounded_half_up(counts: dict[int, int], average: str) -> None:
    assert RatingSummary(counts).average == Decimal(average)
    assert str(RatingSummary(counts).average) == average


def test_without_reviews_there_is_no_average() -> None:
    assert RatingSummary({}).average is None
    assert RatingSummary({}).count == 0


def test_the_histogram_has_all_five_numbers_of_stars_the_highest_first() -> None:
    assert RatingSummary({2: 3, 5: 1}).histogram == [(5, 1), (4, 0), (3, 0), (2, 3), (1, 0)]
