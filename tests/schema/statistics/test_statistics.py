"""Statistics through the API: whose they are, and what they say."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Assessment, AssessmentAttempt, Course, CourseStats, User, UserStats
from courses.services import statistics
from courses.utils.clock import database_now
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import People

ONE = "query ($id: ID!) { course(id: $id) { statistics { totalStudents } } }"


def _finished(learner: User, assessment: Assessment, score: int, maximum: int = 10) -> None:
    attempt = factories.make_attempt(learner, assessment)
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(
        is_completed=True,
        end_time=database_now(),
        ended_by="learner",
        time_taken_seconds=90,
        score=score,
        max_score=maximum,
        is_passed=score * 2 >= maximum,
    )


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("anonymous", False),
        ("learner_elsewhere", False),
        ("learner", False),
        ("instructor_elsewhere", False),
        ("instructor", True),
        ("moderator", True),
        ("admin", True),
    ],
)
def test_the_statistics_of_a_course_are_for_its_staff(
    api: Any, course: Course, people: People, who: str, sees: bool
) -> None:
    shown = api(ONE, people[who], id=ids.encode("Course", course.pk))["course"]["statistics"]
    assert shown == ({"totalStudents": 2} if sees else None)


def test_everything_about_a_course_is_shown(api: Any, course: Course) -> None:
    lessons = [factories.make_lesson(course=course) for _ in range(2)]
    quiz, other_quiz = (
        factories.make_assessment(lesson=lesson, title=title)
        for lesson, title in zip(lessons, "AB", strict=True)
    )
    learners = [factories.make_user() for _ in range(2)]
    for learner, price in zip(learners, ("10.50", "9.00"), strict=True):
        factories.enroll(learner, course, price_paid=Decimal(price))
    _finished(learners[0], quiz, 8)
    _finished(learners[1], quiz, 3)
    factories.make_activity(learners[0], course=course)
    shown = api(operation("course_statistics"), course.instructors.get(), first=1)
    [edge] = shown["courses"]["edges"]
    figures = edge["node"]["statistics"]
    assert figures.pop("refreshedAt") is not None
    assert figures == {
        "totalStudents": 2,
        "activeStudents": 1,
        "completionCount": 0,
        "completionRate": "0.00",
        "averageCompletionDays": None,
        "engagementScore": "40.00",
        "assessments": [
            {
                "assessment": {"id": ids.encode("Assessment", quiz.pk), "title": "A"},
                "attemptCount": 2,
                "learnerCount": 2,
                "passRate": "50.00",
                "averageScorePercentage": "55.00",
                "medianTimeSeconds": 90,
            },
            {
                "assessment": {"id": ids.encode("Assessment", other_quiz.pk), "title": "B"},
                "attemptCount": 0,
                "learnerCount": 0,
                "passRate": None,
                "averageScorePercentage": None,
                "medianTimeSeconds": None,
            },
        ],
        "revenue": [{"currency": "EUR", "gross": "19.50", "enrollmentCount": 2}],
    }


def test_a_course_without_learners_has_no_rates(api: Any, course: Course) -> None:
    shown = api(operation("course_statistics"), course.instructors.get(), first=1)
    figures = shown["courses"]["edges"][0]["node"]["statistics"]
    assert (figures["completionRate"], figures["averageCompletionDays"]) == (None, None)
    assert (figures["totalStudents"], figures["assessments"], figures["revenue"]) == (0, [], [])


def test_an_assessment_that_was_deleted_since_is_left_out(api: Any, course: Course) -> None:
    quiz = factories.make_assessment(lesson=factories.make_lesson(course=course))
    _finished(factories.make_learner(course), quiz, 5)
    statistics.compute_missing(course_ids=[course.pk])
    quiz.delete()
    shown = api(operation("course_statistics"), course.instructors.get(), first=1)
    assert shown["courses"]["edges"][0]["node"]["statistics"]["assessments"] == []


def test_the_first_read_computes_and_later_ones_show_what_was_computed(api: Any, course: Course) -> None:
    global_id = ids.encode("Course", course.pk)
    staff = factories.make_staff()
    assert api(ONE, staff, id=global_id)["course"]["statistics"] == {"totalStudents": 0}
    factories.make_learner(course)
    assert api(ONE, staff, id=global_id)["course"]["statistics"] == {"totalStudents": 0}
    factories.mark_stale(course_ids=[course.pk])
    statistics.refresh_stale()
    assert api(ONE, staff, id=global_id)["course"]["statistics"] == {"totalStudents": 1}


@pytest.mark.parametrize("computed", [True, False])
def test_a_list_of_courses_costs_the_same_for_one_and_for_twenty(api: Any, db: None, computed: bool) -> None:
    staff, costs = factories.make_staff(), []
    for more in (1, 19):
        for _ in range(more):
            course = factories.make_course()
            factories.make_assessment(lesson=factories.make_lesson(course=course))
            factories.make_learner(course)
        CourseStats.objects.all().delete()
        if computed:
            statistics.compute_missing(course_ids=Course.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as statements:
            shown = api(operation("course_statistics"), staff, first=20)
        costs.append(len(statements))
    assert len(shown["courses"]["edges"]) == 20
    assert all(edge["node"]["statistics"]["assessments"] for edge in shown["courses"]["edges"])
    assert costs[0] == costs[1]


class TestViewerStatistics:
    """What the viewer's own learning adds up to."""

    def _shown(self, api: Any, learner: User) -> Any:
        return api(operation("viewer_statistics"), learner)["viewer"]["statistics"]

    def test_everything_is_shown(self, api: Any, course: Course) -> None:
        learner = factories.make_learner(course, time_zone="UTC")
        moment = database_now().replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
        for minutes in (0, 10):
            factories.make_activity(
                learner, at=moment + timedelta(minutes=minutes), data={"time_spent": 2**33}
            )
        _finished(learner, factories.make_assessment(lesson=factories.make_lesson(course=course)), 7)
        shown = self._shown(api, learner)
        assert (shown["coursesEnrolled"], shown["coursesCompleted"]) == (1, 0)
        assert shown["totalTimeSpentSeconds"] == 28_800
        assert shown["averageScorePercentage"] == "70.00"
        assert shown["lastActivityAt"] == (moment + timedelta(minutes=10)).isoformat()
        assert shown["activityStreak"] == 1
        habits = shown["learningHabits"]
        assert [sum(habits["activityByHour"]), habits["activityByHour"][moment.hour]] == [2, 2]
        assert habits["activityByWeekday"][moment.weekday()] == 2
        assert (habits["busiestHour"], habits["busiestWeekday"]) == (moment.hour, moment.weekday())
        assert habits["averageSessionMinutes"] == 10

    def test_somebody_who_did_nothing_has_statistics_too(self, api: Any, db: None) -> None:
        shown = self._shown(api, factories.make_user())
        assert (shown["lastActivityAt"], shown["averageScorePercentage"], shown["activityStreak"]) == (
            None,
            None,
            0,
        )

    def test_a_result_that_is_not_shown_cannot_be_read_from_the_average(
        self, api: Any, course: Course
    ) -> None:
        learner = factories.make_learner(course)
        shown, hidden = (
            factories.make_assessment(lesson=factories.make_lesson(course=course), show_results=visible)
            for visible in (True, False)
        )
        _finished(learner, hidden, 9)
        assert self._shown(api, learner)["averageScorePercentage"] is None
        _finished(learner, shown, 4)
        assert self._shown(api, learner)["averageScorePercentage"] == "40.00"
        Assessment.objects.update(show_results=False)
        assert self._shown(api, learner)["averageScorePercentage"] is None

    def test_the_streak_is_that_of_this_moment_and_not_the_stored_one(self, api: Any, db: None) -> None:
        learner = factories.make_user()
        statistics.compute_missing(user_ids=[learner.pk])
        UserStats.objects.update(activity_streak=9)
        factories.make_activity(learner)
        assert self._shown(api, learner)["activityStreak"] == 1

    def test_the_cost_is_the_same_with_one_course_and_with_twenty(self, api: Any, db: None) -> None:
        learner, costs = factories.make_user(), []
        for more in (1, 19):
            for _ in range(more):
                course = factories.make_course()
                factories.enroll(learner, course)
                factories.make_activity(learner, course=course)
                _finished(learner, factories.make_assessment(lesson=factories.make_lesson(course=course)), 5)
            UserStats.objects.all().delete()
            with CaptureQueriesContext(connection) as statements:
                assert self._shown(api, learner)["coursesEnrolled"] == (1 if more == 1 else 20)
            costs.append(len(statements))
        assert costs[0] == costs[1]
