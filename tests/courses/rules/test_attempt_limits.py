"""How many attempts a learner may make."""

from datetime import UTC, datetime, timedelta

import pytest

from courses.rules.attempt_limits import attempts_left, deadline, may_start

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("used", "left"), [(0, 3), (2, 1), (3, 0), (5, 0)])
def test_attempts_left_never_fall_below_none(used, left):
    assert attempts_left(max_attempts=3, used=used) == left


@pytest.mark.parametrize(
    ("used", "has_open", "expected"),
    [
        pytest.param(0, False, True, id="the first attempt"),
        pytest.param(1, False, True, id="one left"),
        pytest.param(2, False, False, id="none left"),
        pytest.param(2, True, True, id="the last one is open and is resumed"),
    ],
)
def test_an_attempt_may_start_while_one_is_left_or_open(used, has_open, expected):
    assert may_start(max_attempts=2, used=used, has_open=has_open) is expected


@pytest.mark.parametrize(
    ("time_limit", "closes_at", "expected"),
    [
        (0, None, None),
        (30, None, NOON + timedelta(minutes=30)),
        (0, NOON + timedelta(hours=1), NOON + timedelta(hours=1)),
        (30, NOON + timedelta(hours=1), NOON + timedelta(minutes=30)),
        (90, NOON + timedelta(hours=1), NOON + timedelta(hours=1)),
    ],
)
def test_the_deadline_is_the_earlier_of_limit_and_close(
    time_limit: int, closes_at: datetime | None, expected: datetime | None
) -> None:
    assert deadline(NOON, time_limit=time_limit, closes_at=closes_at) == expected
