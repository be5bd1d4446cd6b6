"""Streaks by the learner's own calendar, as of a given moment."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from courses.models import User
from courses.selectors.streaks import activity_streaks
from tests import factories


def _learner(zone: str, *moments: datetime) -> User:
    learner = factories.make_user(time_zone=zone)
    for moment in moments:
        factories.make_activity(learner, at=moment)
    return learner


def _streak(learner: User, now: datetime) -> int:
    return activity_streaks([learner.pk], now=now)[learner.pk]


def _noons(*days: int, month: int = 3) -> list[datetime]:
    return [datetime(2026, month, day, 12, tzinfo=UTC) for day in days]


@pytest.mark.parametrize(
    ("days", "streak"),
    [
        ((), 0),
        ((15,), 1),
        ((14,), 1),
        ((13,), 0),
        ((13, 14, 15), 3),
        ((12, 13, 14), 3),
        ((12, 13, 15), 1),
        ((16,), 0),
    ],
)
def test_a_streak_ends_today_or_yesterday(db: None, days: tuple[int, ...], streak: int) -> None:
    now = datetime(2026, 3, 15, 18, tzinfo=UTC)
    assert _streak(_learner("UTC", *_noons(*days)), now) == streak


def test_a_streak_falls_away_at_the_learners_second_midnight_without_anything_being_written(db: None) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    learner = _learner("Asia/Tokyo", *(datetime(2026, 3, day, 20, tzinfo=tokyo) for day in (9, 10)))
    midnight = datetime(2026, 3, 12, 0, 0, tzinfo=tokyo)
    assert _streak(learner, midnight - timedelta(seconds=1)) == 2
    assert _streak(learner, midnight) == 0


def test_the_same_moments_are_different_days_in_different_zones(db: None) -> None:
    moments = [datetime(2026, 3, 14, 23, 30, tzinfo=UTC), datetime(2026, 3, 15, 0, 30, tzinfo=UTC)]
    now = datetime(2026, 3, 15, 12, tzinfo=UTC)
    zones = {"UTC": 2, "Europe/Berlin": 1, "America/Los_Angeles": 1, "Asia/Kathmandu": 1}
    assert {zone: _streak(_learner(zone, *moments), now) for zone in zones} == zones


@pytest.mark.parametrize(
    ("zone", "first", "days"),
    [
        pytest.param("Europe/Berlin", datetime(2026, 3, 28), 3, id="an hour is lost"),
        pytest.param("Europe/Berlin", datetime(2026, 10, 24), 3, id="an hour comes twice"),
        pytest.param("America/Havana", datetime(2026, 3, 7), 3, id="midnight does not exist"),
        pytest.param("America/Havana", datetime(2026, 10, 31), 3, id="midnight comes twice"),
    ],
)
@pytest.mark.parametrize("clock", [(0, 0, 0), (0, 30, 0), (1, 30, 0), (23, 59, 59)])
def test_no_change_of_the_clocks_breaks_a_streak(
    db: None, zone: str, first: datetime, days: int, clock: tuple[int, int, int]
) -> None:
    hour, minute, second = clock
    local = ZoneInfo(zone)
    moments = [
        (first + timedelta(days=day)).replace(hour=hour, minute=minute, second=second, tzinfo=local)
        for day in range(days)
    ]
    learner = _learner(zone, *(moment.astimezone(UTC) for moment in moments))
    assert _streak(learner, moments[-1].astimezone(UTC)) == days


def test_a_midnight_that_comes_twice_belongs_to_one_day(db: None) -> None:
    local = ZoneInfo("America/Havana")
    first_midnight = datetime(2026, 11, 1, 0, 15, tzinfo=local, fold=0).astimezone(UTC)
    second_midnight = datetime(2026, 11, 1, 0, 15, tzinfo=local, fold=1).astimezone(UTC)
    assert second_midnight - first_midnight == timedelta(hours=1)
    learner = _learner("America/Havana", first_midnight, second_midnight)
    assert _streak(learner, datetime(2026, 11, 1, 18, tzinfo=UTC)) == 1


def test_a_time_zone_that_is_changed_counts_by_the_new_calendar(db: None) -> None:
    learner = _learner(
        "UTC", datetime(2026, 3, 14, 23, 30, tzinfo=UTC), datetime(2026, 3, 15, 0, 30, tzinfo=UTC)
    )
    now = datetime(2026, 3, 15, 12, tzinfo=UTC)
    assert _streak(learner, now) == 2
    User.objects.filter(pk=learner.pk).update(time_zone="Europe/Berlin")
    assert _streak(learner, now) == 1


@pytest.mark.parametrize("count", [1, 20])
def test_any_number_of_streaks_costs_one_statement(
    db: None, count: int, django_assert_num_queries: Any
) -> None:
    learners = [_learner("UTC", *_noons(14, 15)) for _ in range(count)]
    with django_assert_num_queries(1):
        streaks = activity_streaks([one.pk for one in learners], now=datetime(2026, 3, 15, 18, tzinfo=UTC))
    assert streaks == {one.pk: 2 for one in learners}
