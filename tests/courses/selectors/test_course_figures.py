"""The statistics of courses, number by number."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from courses.constants import EnrollmentStatus
from courses.models import AssessmentAttempt, Course, CourseStats, Enrollment, User
from courses.selectors.course_figures import course_figures
from tests import factories

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def course(db: None) -> Course:
    return factories.make_course()


def _figures(course: Course) -> CourseStats:
    [figures] = course_figures([course.pk], now=NOW)
    return figures


def _learner(course: Course, **fields: Any) -> User:
    learner = factories.make_user()
    factories.enroll(learner, course, **fields)
    return learner


def _completed(course: Course, hours: float) -> User:
    """Somebody who completed the course that many hours after enrolling."""
    learner = _learner(course, status=EnrollmentStatus.COMPLETED, completed_date=NOW)
    Enrollment.objects.filter(user=learner).update(enrolled_date=NOW - timedelta(hours=hours))
    return learner


def _attempt(course: Course, score: int, maximum: int, seconds: int = 60, **fields: Any) -> AssessmentAttempt:
    """A finished attempt of a new learner at the course's only assessment."""
    lesson = course.lessons.first() or factories.make_lesson(course=course)
    assessment = getattr(lesson, "assessment", None) or factories.make_assessment(
        lesson=lesson, max_attempts=9
    )
    attempt = factories.make_attempt(fields.pop("user", None) or _learner(course), assessment)
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(
        is_completed=True,
        end_time=NOW,
        ended_by="learner",
        score=score,
        max_score=maximum,
        time_taken_seconds=seconds,
        **{"is_passed": score * 2 >= maximum} | fields,
    )
    return attempt


def test_a_course_without_anybody_has_zeros(course: Course) -> None:
    figures = _figures(course)
    counts = (figures.total_students, figures.active_students, figures.completion_count)
    assert counts == (0, 0, 0)
    assert (figures.average_completion_days, figures.engagement_score) == (0, Decimal(0))
    assert (figures.assessment_stats, figures.revenue_data) == ({}, {})
    assert figures.refreshed_at == NOW


def test_students_are_those_who_have_not_withdrawn(course: Course) -> None:
    _learner(course)
    _completed(course, hours=1)
    _learner(course, status=EnrollmentStatus.WITHDRAWN)
    _learner(factories.make_course())
    assert _figures(course).total_students == 2


def test_active_are_students_with_activity_in_the_course_in_the_last_thirty_days(course: Course) -> None:
    moments = {
        "just in time": NOW - timedelta(days=30),
        "too long ago": NOW - timedelta(days=30, microseconds=1),
        "elsewhere": NOW,
        "withdrawn": NOW,
    }
    for name, moment in moments.items():
        status = EnrollmentStatus.WITHDRAWN if name == "withdrawn" else EnrollmentStatus.ACTIVE
        learner = _learner(course, status=status)
        where = factories.make_course() if name == "elsewhere" else course
        factories.make_activity(learner, at=moment, course=where)
    factories.make_activity(factories.make_user(), at=NOW, course=course)
    figures = _figures(course)
    assert (figures.total_students, figures.active_students) == (3, 1)


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        pytest.param([47.9], 1, id="only whole days count"),
        pytest.param([24, 48], 2, id="one and a half is rounded up"),
        pytest.param([24, 24, 48], 1, id="one and a third is rounded down"),
        pytest.param([23], 0, id="less than a day is none"),
    ],
)
def test_completion_days_are_the_rounded_mean_of_whole_days(
    course: Course, hours: list[float], days: int
) -> None:
    for each in hours:
        _completed(course, hours=each)
    _learner(course)
    figures = _figures(course)
    assert (figures.completion_count, figures.average_completion_days) == (len(hours), days)


def test_assessments_count_finished_and_fully_graded_attempts_only(course: Course) -> None:
    first = _attempt(course, 1, 3, seconds=10)
    _attempt(course, 3, 3, seconds=21, user=first.user)
    _attempt(course, 0, 3, seconds=1000)
    pending = _attempt(course, 3, 3, is_passed=None)
    factories.answer(pending, factories.essay(pending.assessment), {"text": "Long."})
    factories.make_attempt(_learner(course), first.assessment)
    assert _figures(course).assessment_stats == {
        str(first.assessment_id): {
            "attempts": 3,
            "learners": 2,
            "pass_rate": "33.33",
            "average_percentage": "44.44",
            "median_seconds": 21,
        }
    }


def test_an_even_number_of_durations_has_its_median_between_rounded_half_up(course: Course) -> None:
    for seconds in (10, 21):
        _attempt(course, 1, 2, seconds=seconds)
    [stats] = _figures(course).assessment_stats.values()
    assert stats["median_seconds"] == 16


def test_nothing_to_earn_leaves_no_percentage(course: Course) -> None:
    _attempt(course, 0, 0)
    [stats] = _figures(course).assessment_stats.values()
    assert (stats["attempts"], stats["average_percentage"]) == (1, None)


def test_thirds_add_up_exactly_before_they_are_rounded(course: Course) -> None:
    user = _learner(course)
    for score, times in ((1, 3), (0, 5)):
        for _ in range(times):
            _attempt(course, score, 3, user=user)
    [stats] = _figures(course).assessment_stats.values()
    assert stats["average_percentage"] == "12.50"


def test_revenue_is_summed_by_currency_those_who_left_included(course: Course) -> None:
    _learner(course, price_paid=Decimal("19.99"), currency="EUR")
    _learner(course, price_paid=Decimal("0.01"), currency="EUR", status=EnrollmentStatus.WITHDRAWN)
    _learner(course, price_paid=Decimal("25.00"), currency="USD")
    assert _figures(course).revenue_data == {
        "EUR": {"gross": "20.00", "enrollments": 2},
        "USD": {"gross": "25.00", "enrollments": 1},
    }


def test_engagement_weighs_activity_progress_attempts_and_voices(course: Course) -> None:
    active, noting = _learner(course), _learner(course, progress_percentage=Decimal(50))
    _learner(course)
    factories.make_activity(active, at=NOW, course=course)
    factories.make_review(active, course)
    lesson = factories.make_lesson(course=course)
    factories.make_note(noting, lesson)
    factories.make_note(noting, lesson)
    _attempt(course, 1, 1)
    _learner(course, status=EnrollmentStatus.WITHDRAWN)
    # of four students one is active, one is half way, one has finished an attempt, two have a voice
    assert _figures(course).engagement_score == Decimal("23.75")


@pytest.mark.parametrize("count", [1, 20])
def test_any_number_of_courses_costs_three_statements(
    db: None, count: int, django_assert_num_queries: Any
) -> None:
    courses = [factories.make_course() for _ in range(count)]
    for course in courses:
        _attempt(course, 1, 2)
    with django_assert_num_queries(3):
        figures = course_figures([course.pk for course in courses], now=NOW)
    assert [row.total_students for row in figures] == [1] * count
