"""The statistics of learners, number by number."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from courses.constants import EnrollmentStatus
from courses.models import AssessmentAttempt, User, UserStats
from courses.selectors.learner_figures import learner_figures
from courses.selectors.statistics import learner_statistics_of
from tests import factories
from tests.courses.selectors.study_sessions import session_totals

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)  # a Sunday


@pytest.fixture
def learner(db: None) -> User:
    return factories.make_user(time_zone="Europe/Berlin")


def _figures(learner: User) -> UserStats:
    [figures] = learner_figures([learner.pk], now=NOW)
    return figures


def test_somebody_who_did_nothing_has_zeros(learner: User) -> None:
    figures = _figures(learner)
    assert (figures.courses_enrolled, figures.courses_completed, figures.total_time_spent_seconds) == (
        0,
        0,
        0,
    )
    assert (figures.assessment_avg_score, figures.last_activity, figures.activity_streak) == (None, None, 0)
    assert figures.learning_habits == {
        "activity_by_hour": (0,) * 24,
        "activity_by_weekday": (0,) * 7,
        "busiest_hour": None,
        "busiest_weekday": None,
        "average_session_minutes": None,
    }


def test_courses_left_are_not_counted(learner: User) -> None:
    for status in EnrollmentStatus.values:
        done = NOW if status == EnrollmentStatus.COMPLETED else None
        factories.enroll(learner, factories.make_course(), status=status, completed_date=done)
    figures = _figures(learner)
    assert (figures.courses_enrolled, figures.courses_completed) == (2, 1)


@pytest.mark.parametrize(
    ("time_spent", "seconds"),
    [
        (90, 90),
        (90.9, 90),
        (-5, 0),
        (14_400, 14_400),
        (14_401, 14_400),
        ("90", 0),
        (True, 0),
        ([90], 0),
        (None, 0),
    ],
)
def test_time_spent_is_clamped_to_four_hours_and_only_numbers_count(
    learner: User, time_spent: Any, seconds: int
) -> None:
    factories.make_activity(learner, data={"time_spent": time_spent})
    factories.make_activity(learner, data={"time_spent": 10})
    factories.make_activity(learner, data={"score": 5})
    assert _figures(learner).total_time_spent_seconds == seconds + 10


def _attempt(learner: User, assessment: Any, score: int, maximum: int) -> AssessmentAttempt:
    attempt = factories.make_attempt(learner, assessment)
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(
        is_completed=True,
        end_time=NOW,
        ended_by="learner",
        score=score,
        max_score=maximum,
        time_taken_seconds=1,
    )
    return attempt


def test_the_average_is_that_of_the_best_graded_result_of_each_assessment(learner: User) -> None:
    first, second, third = (factories.make_assessment(max_attempts=5) for _ in range(3))
    for score in (1, 2):
        _attempt(learner, first, score, 3)
    _attempt(learner, second, 1, 4)
    pending = _attempt(learner, second, 4, 4)
    factories.answer(pending, factories.essay(second), {"text": "Long."})
    factories.make_attempt(learner, third)
    assert _figures(learner).assessment_avg_score == Decimal("45.83")


def test_the_learner_is_shown_the_average_that_is_stored(learner: User) -> None:
    _attempt(learner, factories.make_assessment(), 2, 3)
    _attempt(learner, factories.make_assessment(), 0, 0)
    figures = _figures(learner)
    figures.save()
    shown = learner_statistics_of(learner).get().visible_average
    assert shown == figures.assessment_avg_score == Decimal("66.67")


def test_habits_are_by_the_clock_on_the_learners_wall(learner: User) -> None:
    winter = datetime(
        2026, 3, 28, 23, 30, tzinfo=UTC
    )  # Sunday 0:30 in Berlin, a few hours before summer time
    summer = datetime(2026, 3, 29, 23, 30, tzinfo=UTC)  # Monday 1:30
    for moment in (winter, summer, summer + timedelta(minutes=10)):
        factories.make_activity(learner, at=moment)
    habits = _figures(learner).learning_habits
    assert {hour: count for hour, count in enumerate(habits["activity_by_hour"]) if count} == {0: 1, 1: 2}
    assert habits["activity_by_weekday"] == (2, 0, 0, 0, 0, 0, 1)
    assert (habits["busiest_hour"], habits["busiest_weekday"]) == (1, 0)


@pytest.mark.parametrize(
    ("minutes", "average"),
    [
        pytest.param([0, 30], 30, id="half an hour without activity continues a session"),
        pytest.param([0, 31], 0, id="more ends it"),
        pytest.param([0, 20, 60, 61], 11, id="ten and a half minutes are rounded up"),
        pytest.param([5], 0, id="one activity lasts no time"),
    ],
)
def test_a_gap_over_thirty_minutes_ends_a_session(learner: User, minutes: list[int], average: int) -> None:
    for minute in minutes:
        factories.make_activity(learner, at=NOW - timedelta(minutes=minute))
    assert _figures(learner).learning_habits["average_session_minutes"] == average


def test_sessions_counted_by_the_database_are_those_counted_one_by_one(learner: User) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    moments = [NOW - timedelta(seconds=chance.randrange(200_000)) for _ in range(80)]
    for moment in moments:
        factories.make_activity(learner, at=moment)
    totals = session_totals(moments)
    average = Decimal(totals.seconds) / (60 * totals.count)
    assert _figures(learner).learning_habits["average_session_minutes"] == int(average + Decimal("0.5"))


def test_the_last_activity_is_the_latest(learner: User) -> None:
    for days in (3, 1, 2):
        factories.make_activity(learner, at=NOW - timedelta(days=days))
    factories.make_activity(factories.make_user(), at=NOW)
    figures = _figures(learner)
    assert figures.last_activity == NOW - timedelta(days=1)
    assert figures.activity_streak == 3


@pytest.mark.parametrize("count", [1, 20])
def test_any_number_of_people_costs_four_statements(
    db: None, count: int, django_assert_num_queries: Any
) -> None:
    people = [factories.make_user() for _ in range(count)]
    for person in people:
        factories.make_activity(person, data={"time_spent": 5})
    with django_assert_num_queries(4):
        figures = learner_figures([person.pk for person in people], now=NOW)
    assert [row.total_time_spent_seconds for row in figures] == [5] * count
