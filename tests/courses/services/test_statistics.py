"""Refreshing statistics: what is stale, who computes it, and that no write is ever lost."""

from datetime import timedelta
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from courses.constants import ActivityType
from courses.models import CourseStats, StatisticsChange, UserStats
from courses.selectors import course_figures
from courses.services import statistics
from courses.services.activity import record
from courses.utils.clock import database_now
from tests import factories
from tests.concurrency import at_once


def test_a_refresh_computes_what_is_stale_and_nothing_else(db: None) -> None:
    course, learner = factories.make_course(), factories.make_user()
    factories.make_course()
    factories.mark_stale(course_ids=[course.pk, course.pk], user_ids=[learner.pk])
    assert statistics.refresh_stale() == 2
    assert CourseStats.objects.get().course == course
    assert UserStats.objects.get().user == learner
    assert not StatisticsChange.objects.exists()
    assert statistics.refresh_stale() == 0


def test_more_than_one_batch_is_refreshed_to_the_end(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "BATCH_SIZE", 2)
    courses = [factories.make_course().pk for _ in range(5)]
    factories.mark_stale(course_ids=courses)
    assert statistics.refresh_stale() == 5
    assert set(CourseStats.objects.values_list("course", flat=True)) == set(courses)


def test_a_refresh_costs_the_same_for_one_course_and_for_twenty(db: None) -> None:
    costs = []
    for count in (1, 20):
        factories.mark_stale(course_ids=[factories.make_course().pk for _ in range(count)])
        with CaptureQueriesContext(connection) as statements:
            assert statistics.refresh_stale() == count
        costs.append(len(statements))
    assert costs[0] == costs[1]


def test_what_time_alone_changes_is_refreshed_without_a_write(db: None) -> None:
    course = factories.make_course()
    learner = factories.make_learner(course)
    factories.make_activity(learner, course=course, at=database_now() - timedelta(days=31))
    for active, refreshed in ((1, timedelta(minutes=61)), (1, timedelta(minutes=1)), (0, timedelta(days=9))):
        CourseStats.objects.update_or_create(
            course=course, defaults={"active_students": active, "refreshed_at": database_now() - refreshed}
        )
        statistics.refresh_stale()
        expected_now = refreshed == timedelta(minutes=61)
        refreshed_at = CourseStats.objects.get().refreshed_at
        assert refreshed_at is not None
        age = database_now() - refreshed_at
        assert (age < timedelta(seconds=30)) is expected_now
        assert CourseStats.objects.get().active_students == (0 if expected_now else active)


def test_a_stored_streak_that_has_fallen_away_is_refreshed_without_a_write(db: None) -> None:
    learner = factories.make_user()
    factories.make_activity(learner, at=database_now() - timedelta(days=3))
    statistics.compute_missing(user_ids=[learner.pk])
    UserStats.objects.update(activity_streak=5, refreshed_at=Now() - timedelta(hours=2))
    statistics.refresh_stale()
    assert UserStats.objects.get().activity_streak == 0


def test_what_was_never_computed_is_computed_once(db: None, django_assert_num_queries: Any) -> None:
    course = factories.make_course()
    statistics.compute_missing(course_ids=[course.pk])
    refreshed_at = CourseStats.objects.get().refreshed_at
    with django_assert_num_queries(1):
        statistics.compute_missing(course_ids=[course.pk])
    assert CourseStats.objects.get().refreshed_at == refreshed_at


def test_a_course_that_is_gone_is_passed_over(db: None) -> None:
    statistics.compute_missing(course_ids=[2**40], user_ids=[2**40])
    assert not CourseStats.objects.exists()


class TestCommand:
    """`manage.py refresh_statistics`."""

    def test_all_computes_everything_anew(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        course = factories.make_course()
        factories.make_learner(course)
        statistics.compute_missing(course_ids=[course.pk])
        CourseStats.objects.update(total_students=99)
        call_command("refresh_statistics", "--all")
        assert CourseStats.objects.get().total_students == 1
        assert capsys.readouterr().out == "Refreshed the statistics of 2 courses and people.\n"

    def test_without_options_it_computes_what_is_stale(
        self, db: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        course = factories.make_course()
        factories.make_course()
        factories.mark_stale(course_ids=[course.pk])
        call_command("refresh_statistics")
        assert CourseStats.objects.get().course == course
        assert capsys.readouterr().out == "Refreshed the statistics of 1 courses and people.\n"


@pytest.mark.django_db(transaction=True)
def test_a_write_that_is_not_committed_yet_is_counted_by_the_next_refresh() -> None:
    course = factories.make_course()
    learner = factories.make_learner(course)
    written, may_commit = Event(), Event()

    def write() -> None:
        try:
            with transaction.atomic():
                record(actor=learner, type=ActivityType.VIEW_COURSE, course=course)
                written.set()
                assert may_commit.wait(timeout=30)
        finally:
            connection.close()

    writer = Thread(target=write)
    writer.start()
    assert written.wait(timeout=30)
    assert statistics.refresh_stale() == 2  # does not wait for the writer, and cannot see what it does
    assert CourseStats.objects.get().active_students == 0
    may_commit.set()
    writer.join()
    assert statistics.refresh_stale() == 2
    assert CourseStats.objects.get().active_students == 1


@pytest.mark.django_db(transaction=True)
def test_a_write_that_comes_while_numbers_are_computed_is_counted_by_the_next_refresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    course = factories.make_course()
    learner = factories.make_learner(course)
    factories.mark_stale(course_ids=[course.pk])
    compute = statistics._OF_COURSES.figures
    written: list[bool] = []

    def compute_then_somebody_writes(*args: Any, **kwargs: Any) -> Any:
        figures = compute(*args, **kwargs)
        if not written:
            written.append(True)
            writer = Thread(target=_record_elsewhere, args=[learner, course])
            writer.start()
            writer.join(timeout=30)
            assert not writer.is_alive()  # a refresh holds no writer up
        return figures

    _compute_courses_with(monkeypatch, compute_then_somebody_writes)
    statistics.refresh_stale()
    assert CourseStats.objects.get().active_students == 1
    assert not StatisticsChange.objects.exists()


def _record_elsewhere(learner: Any, course: Any) -> None:
    try:
        record(actor=learner, type=ActivityType.VIEW_COURSE, course=course)
    finally:
        connection.close()


def _compute_courses_with(monkeypatch: pytest.MonkeyPatch, figures: Any) -> None:
    kind = statistics._OF_COURSES
    monkeypatch.setattr(
        statistics,
        "_OF_COURSES",
        statistics._Kind(kind.stats, kind.owner, kind.owner_name, figures, kind.outdated),
    )


@pytest.mark.django_db(transaction=True)
def test_many_workers_refresh_no_row_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    courses = [factories.make_course().pk for _ in range(60)]
    factories.mark_stale(course_ids=courses)
    computed: list[int] = []

    def counted(owners: Any, **kwargs: Any) -> Any:
        computed.extend(owners)
        return course_figures.course_figures(owners, **kwargs)

    _compute_courses_with(monkeypatch, counted)
    raised = at_once(lambda _: statistics.refresh_stale(), writers=8)
    statistics.refresh_stale()
    assert raised == []
    assert sorted(computed) == sorted(courses)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_another_worker_holds_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    course = factories.make_course()
    factories.mark_stale(course_ids=[course.pk])
    holding, done = Barrier(2), Event()

    def held_up(*args: Any, **kwargs: Any) -> Any:
        holding.wait(timeout=30)
        assert done.wait(timeout=30)
        return course_figures.course_figures(*args, **kwargs)

    statistics.compute_missing(course_ids=[course.pk])
    factories.mark_stale(course_ids=[course.pk])
    _compute_courses_with(monkeypatch, held_up)
    worker = Thread(target=_refresh_elsewhere)
    worker.start()
    holding.wait(timeout=30)
    try:
        assert statistics.refresh_stale() == 0
    finally:
        done.set()
        worker.join()
    assert not StatisticsChange.objects.exists()


def _refresh_elsewhere() -> None:
    try:
        statistics.refresh_stale()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_activity_recorded_by_many_while_workers_refresh_is_all_counted() -> None:
    course = factories.make_course()
    learners = [factories.make_learner(course) for _ in range(24)]

    def work(number: int) -> None:
        if number < 24:
            record(
                actor=learners[number], type=ActivityType.VIEW_COURSE, course=course, data={"time_spent": 7}
            )
        else:
            statistics.refresh_stale()

    raised = at_once(work)
    statistics.refresh_stale()
    assert raised == []
    assert CourseStats.objects.get().active_students == 24
    assert set(UserStats.objects.values_list("total_time_spent_seconds", flat=True)) == {7}
