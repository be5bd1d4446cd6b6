"""Streaks, engagement and learning habits."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.rules.engagement import engagement_score, learning_habits
from courses.rules.streaks import activity_streak

TODAY = date(2026, 3, 1)


def days_ago(*numbers: int) -> set[date]:
    return {TODAY - timedelta(days=number) for number in numbers}


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        pytest.param(days_ago(), 0, id="never active"),
        pytest.param(days_ago(0), 1, id="today only"),
        pytest.param(days_ago(1), 1, id="yesterday only"),
        pytest.param(days_ago(0, 1, 2), 3, id="three days up to today"),
        pytest.param(days_ago(1, 2, 3), 3, id="three days up to yesterday"),
        pytest.param(days_ago(2, 3, 4), 0, id="the last day is too long ago"),
        pytest.param(days_ago(0, 2, 3), 1, id="a day missed ends the streak"),
        pytest.param(days_ago(-1), 0, id="tomorrow does not count"),
        pytest.param(days_ago(-1, 0, 1), 2, id="days to come add nothing"),
        pytest.param(days_ago(*range(400)), 400, id="over a leap day and a year's end"),
    ],
)
def test_a_streak_is_the_consecutive_days_that_end_today_or_yesterday(active, expected):
    assert activity_streak(active, today=TODAY) == expected


@given(st.sets(st.integers(0, 40)))
def test_activity_today_never_shortens_a_streak(numbers):
    before = activity_streak(days_ago(*numbers), today=TODAY)

    assert activity_streak(days_ago(0, *numbers), today=TODAY) >= before


@pytest.mark.parametrize(
    ("counts", "progress", "expected"),
    [
        pytest.param((10, 10, 10, 10), "100", "100.00", id="everyone does everything"),
        pytest.param((10, 0, 0, 0), "0", "0.00", id="nobody does anything"),
        pytest.param((10, 5, 0, 0), "0", "20.00", id="forty for active students"),
        pytest.param((10, 0, 0, 0), "50", "15.00", id="thirty for progress"),
        pytest.param((10, 0, 5, 0), "0", "10.00", id="twenty for finished attempts"),
        pytest.param((10, 0, 0, 5), "0", "5.00", id="ten for reviews and notes"),
        pytest.param((3, 1, 2, 1), "33.35", "40.01", id="a mixture, rounded half up"),
        pytest.param((0, 0, 0, 0), "0", "0.00", id="no students"),
    ],
)
def test_engagement_weighs_activity_progress_attempts_and_voices(counts, progress, expected):
    students, active, finishers, voices = counts

    score = engagement_score(
        students=students,
        active=active,
        mean_progress_percentage=Decimal(progress),
        finishers=finishers,
        voices=voices,
    )

    assert str(score) == expected


def test_habits_name_the_busiest_hour_and_weekday_and_the_earliest_of_equal_ones():
    habits = learning_habits(
        by_hour={20: 3, 8: 3, 9: 1}, by_weekday={6: 5, 0: 2}, session_count=2, session_seconds=2700
    )

    assert habits.activity_by_hour == (0,) * 8 + (3, 1) + (0,) * 10 + (3, 0, 0, 0)
    assert habits.activity_by_weekday == (2, 0, 0, 0, 0, 0, 5)
    assert (habits.busiest_hour, habits.busiest_weekday) == (8, 6)
    assert habits.average_session_minutes == 23


def test_without_activity_there_are_no_habits():
    habits = learning_habits(by_hour={}, by_weekday={}, session_count=0, session_seconds=0)

    assert habits.activity_by_hour == (0,) * 24
    assert (habits.busiest_hour, habits.busiest_weekday, habits.average_session_minutes) == (None, None, None)
