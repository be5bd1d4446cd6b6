"""What the stars of many reviews add up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from courses.constants import MAX_RATING, MIN_RATING

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class RatingSummary:
    """How many reviews gave each number of stars; numbers that nobody gave may be left out."""

    counts: Mapping[int, int]

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def average(self) -> Decimal | None:
        """The mean of the stars, two decimals, rounded half up; None without reviews."""
        if not self.count:
            return None
        stars = sum(rating * count for rating, count in self.counts.items())
        return (Decimal(stars) / self.count).quantize(HUNDREDTH, ROUND_HALF_UP)

    @property
    def histogram(self) -> list[tuple[int, int]]:
        """Every number of stars with its count, the highest first."""
        return [(rating, self.counts.get(rating, 0)) for rating in range(MAX_RATING, MIN_RATING - 1, -1)]
