"""Cost buckets: rate limits on the cost of operations, one bucket for each owner.

A bucket holds RATE_LIMIT_POINTS and refills at RATE_LIMIT_RESTORED_PER_SECOND. The buckets are one unlogged
table, so that all processes draw from the same ones; without a row a bucket is full.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from courses.utils import sql
from courses.utils.prepared import VARYING, Prepared

LONGEST_OWNER = 200

DRAWING = """
    INSERT INTO courses_costbucket AS bucket (owner, spent, is_granted, measured_at)
    SELECT owner, points, TRUE, now() FROM drawing
    ON CONFLICT (owner) DO UPDATE SET (spent, is_granted, measured_at) = (
        SELECT CASE WHEN level + points <= size THEN level + points ELSE level END,
               level + points <= size,
               greatest(bucket.measured_at, now())
        FROM drawing CROSS JOIN LATERAL (
            SELECT greatest(0, bucket.spent - rate * extract(
                epoch FROM greatest(now() - bucket.measured_at, interval '0')
            )) AS level
        ) AS leaked
    )
    RETURNING spent::float8 AS spent, is_granted, measured_at
"""
"""Statement that draws what the one row of `drawing` (owner, points, size, rate) says, as a part of a larger one."""

NOT_DRAWING = "SELECT NULL AS spent, TRUE AS is_granted, NULL AS measured_at"
"""Statement in place of DRAWING where nothing is drawn."""

_DRAW = Prepared(
    "WITH drawing (owner, points, size, rate) AS (VALUES (%s::text, %s::numeric, %s::numeric, %s::numeric))"
    + DRAWING,
    [VARYING] * 4,
)

_FORGET = """
DELETE FROM courses_costbucket WHERE spent <= %(rate)s * extract(epoch FROM now() - measured_at)
"""


@dataclass(frozen=True)
class Draw:
    """Outcome of drawing `points` from a bucket, and the level of the bucket since."""

    points: int = 0
    is_granted: bool = True
    spent: float = 0
    measured_at: datetime = field(default_factory=timezone.now)
    size: int = field(default_factory=lambda: settings.RATE_LIMIT_POINTS)
    rate: int = field(default_factory=lambda: settings.RATE_LIMIT_RESTORED_PER_SECOND)

    @property
    def remaining(self) -> int:
        """Whole points left."""
        return max(0, math.floor(self.size - self.spent))

    @property
    def full_after_seconds(self) -> int:
        return math.ceil(self.spent / self.rate)

    @property
    def full_at(self) -> datetime:
        return self.measured_at + timedelta(seconds=self.spent / self.rate)

    @property
    def granted_after_seconds(self) -> int:
        """Whole seconds to wait, at least one, until the same points are there."""
        return max(1, math.ceil((self.spent + self.points - self.size) / self.rate))


def drawing(*, owner: str | None, points: int) -> list[Any]:
    """Return the values of the row `drawing`."""
    size, rate = settings.RATE_LIMIT_POINTS, settings.RATE_LIMIT_RESTORED_PER_SECOND
    return [owner and owner[:LONGEST_OWNER], points, size, rate]


def drawn(points: int, spent: float | None, is_granted: bool, measured_at: datetime) -> Draw:
    """Return the outcome of DRAWING, or of NOT_DRAWING."""
    return Draw(points) if spent is None else Draw(points, is_granted, spent, measured_at)


def draw(*, owner: str, points: int) -> Draw:
    """Take `points` out of the bucket of `owner`, or nothing at all when it holds fewer.

    One statement, by the clock of the database, so that any number of processes together draw no more than there
    is. `points` are at most RATE_LIMIT_POINTS, which a new bucket therefore always grants.
    """
    with connection.cursor() as cursor:
        _DRAW.execute(cursor, drawing(owner=owner, points=points))
        spent, is_granted, measured_at = cursor.fetchone()
    return Draw(points, is_granted, spent, measured_at)


def forget_full_buckets() -> int:
    """Delete the rows of full buckets, which mean the same as none; return their number."""
    return sql.execute(_FORGET, rate=settings.RATE_LIMIT_RESTORED_PER_SECOND)
