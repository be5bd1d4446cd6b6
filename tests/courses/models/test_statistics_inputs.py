"""Whoever changes a row that statistics are made of, and however: what is stale is noted with the change."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from courses.models import (
    ActivityArchive,
    ArchivedParticipation,
    ArchivedSession,
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Course,
    CourseStats,
    Enrollment,
    Lesson,
    Note,
    Review,
    StatisticsChange,
    User,
    UserActivity,
    UserStats,
)
from courses.selectors import course_figures, learner_figures, streaks
from courses.services import statistics
from courses.utils.clock import database_now
from courses.utils.statistics_inputs import StatisticsInput, StatisticsOwner
from tests import factories

pytestmark = pytest.mark.django_db

_MOMENTS = {"id", "created_date", "updated_date", "refreshed_at"}


class Platform:
    """A course with everything that statistics count, and another course and person to move things to."""

    def __init__(self) -> None:
        self.now = database_now()
        self.course, self.other_course = factories.make_course(), factories.make_course()
        self.lesson = factories.make_lesson(course=self.course)
        self.other_lesson = factories.make_lesson(course=self.other_course)
        self.empty_lesson = factories.make_lesson(course=self.other_course)
        self.assessment = factories.make_assessment(lesson=self.lesson, max_attempts=9)
        self.other_assessment = factories.make_assessment(lesson=self.other_lesson, max_attempts=9)
        self.learner = factories.make_user(time_zone="Pacific/Kiritimati")
        self.other = factories.make_user()
        self.idler = factories.make_learner(self.course)
        factories.enroll(self.learner, self.course, price_paid=10)
        factories.enroll(self.other, self.other_course)
        self.attempt = self._finished_attempt(is_graded=True)
        self.waiting = self._finished_attempt(is_graded=False)
        self.open = factories.make_attempt(self.idler, self.assessment)
        factories.answer(self.open, factories.essay(self.assessment), {"text": "So far."})
        factories.make_activity(self.learner, course=self.course, data={"time_spent": 60})
        factories.make_note(self.learner, self.lesson)
        factories.make_review(self.learner, self.course)
        archive = ActivityArchive.objects.create(digest="0" * 64, before=self.now, row_count=1)
        quarter_ago = self.now - timedelta(minutes=15)
        ArchivedSession.objects.create(
            archive=archive,
            user=self.learner,
            started=quarter_ago,
            ended=quarter_ago + timedelta(minutes=5),
            time_spent_seconds=300,
            activity_counts=[2],
        )
        ArchivedParticipation.objects.create(
            archive=archive, user=self.idler, course=self.course, last_activity=self.now
        )

    def _finished_attempt(self, *, is_graded: bool) -> AssessmentAttempt:
        essay = factories.essay(self.assessment, points=4)
        attempt = factories.make_attempt(
            self.learner, self.assessment, is_completed=True, score=3, max_score=4, end_time=self.now
        )
        grade = {"credit": "0.75", "is_correct": False, "points_earned": 3}
        factories.answer(attempt, essay, {"text": "Because."})
        AttemptAnswer.objects.filter(attempt=attempt).update(
            **(grade if is_graded else dict.fromkeys(("credit", "is_correct")))
        )
        return attempt


@pytest.fixture
def platform() -> Platform:
    """A platform whose statistics are fresh."""
    platform = Platform()
    statistics.refresh_all()
    assert not StatisticsChange.objects.exists()
    return platform


Change = Callable[[Platform], Any]


def _rows(model: type[models.Model]) -> Callable[[Platform], Any]:
    """The row of `model` that the learner's statistics are made of."""

    def rows(platform: Platform) -> Any:
        kept: dict[type[models.Model], dict[str, Any]] = {
            Enrollment: {"user": platform.learner},
            Lesson: {"pk": platform.lesson.pk},
            Assessment: {"pk": platform.assessment.pk},
            AssessmentAttempt: {"pk": platform.attempt.pk},
            AttemptAnswer: {"attempt": platform.attempt},
            User: {"pk": platform.learner.pk},
        }
        return model._default_manager.filter(**kept.get(model, {}))

    return rows


def _update(model: type[models.Model], **values: Any) -> Change:
    """An UPDATE of the row; a value that is a function is made from the platform."""

    def change(platform: Platform) -> None:
        found = {name: value(platform) if callable(value) else value for name, value in values.items()}
        assert _rows(model)(platform).update(**found) == 1

    return change


def _moved_user(platform: Platform) -> User:
    return platform.other


def _moved_course(platform: Platform) -> Course:
    return platform.other_course


def _long_ago(platform: Platform) -> Any:
    return platform.now - timedelta(days=40)


BOTH, COURSE, PERSON = {"course", "person"}, {"course"}, {"person"}
COURSES, PEOPLE = {"course", "other course"}, {"person", "other person"}

UPDATES: dict[tuple[type[models.Model], str], tuple[Change, set[str]]] = {
    (Enrollment, "user"): (_update(Enrollment, user=_moved_user), COURSE | PEOPLE),
    (Enrollment, "course"): (_update(Enrollment, course=_moved_course), COURSES),
    (Enrollment, "status"): (_update(Enrollment, status="withdrawn"), BOTH),
    (Enrollment, "progress_percentage"): (_update(Enrollment, progress_percentage=50), COURSE),
    (Enrollment, "enrolled_date"): (_update(Enrollment, enrolled_date=_long_ago), COURSE),
    (Enrollment, "completed_date"): (
        _update(Enrollment, status="completed", completed_date=_long_ago, enrolled_date=_long_ago),
        BOTH,
    ),
    (Enrollment, "price_paid"): (_update(Enrollment, price_paid=20), COURSE),
    (Enrollment, "currency"): (_update(Enrollment, currency="USD"), COURSE),
    (Lesson, "course"): (_update(Lesson, course=_moved_course, order=9), COURSES),
    (Assessment, "lesson"): (_update(Assessment, lesson=lambda platform: platform.empty_lesson), COURSES),
    (AssessmentAttempt, "user"): (_update(AssessmentAttempt, user=_moved_user), COURSE | PEOPLE),
    (AssessmentAttempt, "assessment"): (
        _update(AssessmentAttempt, assessment=lambda platform: platform.other_assessment),
        COURSES | PERSON,
    ),
    (AssessmentAttempt, "score"): (_update(AssessmentAttempt, score=1), BOTH),
    (AssessmentAttempt, "exact_score"): (_update(AssessmentAttempt, exact_score="1.5"), BOTH),
    (AssessmentAttempt, "max_score"): (_update(AssessmentAttempt, max_score=5), BOTH),
    (AssessmentAttempt, "is_passed"): (_update(AssessmentAttempt, is_passed=False), BOTH),
    (AssessmentAttempt, "time_taken_seconds"): (_update(AssessmentAttempt, time_taken_seconds=99), BOTH),
    (AssessmentAttempt, "is_completed"): (
        _update(AssessmentAttempt, is_completed=False, end_time=None, ended_by=None, time_taken_seconds=None),
        BOTH,
    ),
    (AttemptAnswer, "attempt"): (
        lambda platform: _move_waiting_answer(platform),
        BOTH | {"idle person"},  # to be sure: what it was part of is not told apart
    ),
    (AttemptAnswer, "credit"): (
        _update(AttemptAnswer, credit=None, is_correct=None, points_earned=0),
        BOTH,
    ),
    (UserActivity, "user"): (_update(UserActivity, user=_moved_user), COURSE | PEOPLE),
    (UserActivity, "course"): (_update(UserActivity, course=None), BOTH),
    (UserActivity, "created_date"): (_update(UserActivity, created_date=_long_ago), BOTH),
    (UserActivity, "data"): (_update(UserActivity, data={"time_spent": 61}), BOTH),
    (ArchivedSession, "user"): (_update(ArchivedSession, user=_moved_user), PEOPLE),
    (ArchivedSession, "started"): (_update(ArchivedSession, started=_long_ago), PERSON),
    (ArchivedSession, "ended"): (_update(ArchivedSession, ended=lambda platform: platform.now), PERSON),
    (ArchivedSession, "time_spent_seconds"): (_update(ArchivedSession, time_spent_seconds=9), PERSON),
    (ArchivedSession, "activity_counts"): (_update(ArchivedSession, activity_counts=[7]), PERSON),
    (ArchivedParticipation, "user"): (_update(ArchivedParticipation, user=_moved_user), COURSE),
    (ArchivedParticipation, "course"): (_update(ArchivedParticipation, course=_moved_course), COURSES),
    (ArchivedParticipation, "last_activity"): (
        _update(ArchivedParticipation, last_activity=_long_ago),
        COURSE,
    ),
    (Note, "user"): (_update(Note, user=_moved_user), COURSE),
    (Note, "lesson"): (_update(Note, lesson=lambda platform: platform.other_lesson), COURSES),
    (Review, "user"): (_update(Review, user=_moved_user), COURSE),
    (Review, "course"): (_update(Review, course=_moved_course), COURSES),
    (User, "time_zone"): (_update(User, time_zone="Pacific/Pago_Pago"), PERSON),
}


def _move_waiting_answer(platform: Platform) -> None:
    """From an attempt that is open, for those of a finished one are frozen, to one that was graded completely."""
    assert AttemptAnswer.objects.filter(attempt=platform.open).update(attempt=platform.attempt) == 1


def _noted(platform: Platform) -> set[str]:
    """Whose statistics are noted to be stale, by the names that a test has for them."""
    names = {
        ("course", platform.course.pk): "course",
        ("course", platform.other_course.pk): "other course",
        ("person", platform.learner.pk): "person",
        ("person", platform.other.pk): "other person",
        ("person", platform.idler.pk): "idle person",
    }
    changes = StatisticsChange.objects.values_list("course", "user")
    return {names[("course", course) if course else ("person", user)] for course, user in changes}


def _stored() -> dict[tuple[str, int], dict[str, Any]]:
    """All stored numbers, by whose they are, and what courses hold of them."""
    kinds: list[tuple[type[models.Model], str]] = [(CourseStats, "course_id"), (UserStats, "user_id")]
    return {
        (model.__name__, row[owner]): {name: value for name, value in row.items() if name not in _MOMENTS}
        for model, owner in kinds
        for row in model._default_manager.values()
    } | {
        ("learners", pk): {"count": count} for pk, count in Course.objects.values_list("pk", "learner_count")
    }


def _assert_refreshed_is_from_scratch() -> None:
    statistics.refresh_stale()
    refreshed = _stored()
    statistics.refresh_all()
    assert refreshed == _stored()


def test_every_input_of_statistics_is_declared_and_every_column_of_it_tried() -> None:
    """Every table that the statements of the figures read has its declaration, and each of its columns a case."""
    read = set()
    for module in (course_figures, learner_figures, streaks):
        for value in vars(module).values():
            read |= set(re.findall(r"courses_\w+", value)) if isinstance(value, str) else set()
    declared: dict[type[models.Model], set[str]] = {}
    for model in apps.get_app_config("courses").get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, StatisticsInput | StatisticsOwner):
                declared.setdefault(model, set()).update(constraint.columns)
    tried = {model: {column for of, column in UPDATES if of is model} for model in declared}

    assert {model._meta.db_table for model in declared} == read | {"courses_course"}
    assert {
        model: columns - tried[model] for model, columns in declared.items() if columns - tried[model]
    } == {}
    beyond = {(model.__name__, *columns) for model in declared if (columns := tried[model] - declared[model])}
    assert beyond == {("AssessmentAttempt", "is_completed"), ("AttemptAnswer", "credit")}  # by their `counts`


@pytest.mark.parametrize("case", UPDATES, ids=lambda case: f"{case[0].__name__}.{case[1]}")
def test_an_update_of_a_column_that_counts_notes_whose_statistics_it_changes(
    platform: Platform, case: tuple[type[models.Model], str]
) -> None:
    change, owners = UPDATES[case]
    change(platform)
    assert _noted(platform) == owners
    _assert_refreshed_is_from_scratch()


@pytest.mark.parametrize("case", UPDATES, ids=lambda case: f"{case[0].__name__}.{case[1]}")
def test_an_update_that_changes_nothing_notes_nothing(
    platform: Platform, case: tuple[type[models.Model], str]
) -> None:
    model, column = case
    assert _rows(model)(platform).update(**{column: models.F(column)}) == 1
    assert _noted(platform) == set()


UNCOUNTED: dict[str, Change] = {
    "the texts of a note": _update(Note, content="Another thought."),
    "the stars and texts of a review": _update(Review, rating=1, content="Not so good, I think."),
    "the title of a lesson": _update(Lesson, title="Renamed"),
    "the display name of a person": _update(User, display_name="Ada", last_login=_long_ago),
    "when somebody left": _update(Enrollment, withdrawn_date=_long_ago),
    "the address of an attempt": _update(AssessmentAttempt, ip_address=None, user_agent="", revision=7),
    "a grade that stays one": _update(AttemptAnswer, credit="0.5", points_earned=2, feedback="Good"),
    "the lesson of an activity": _update(UserActivity, lesson=None, activity_type="start_lesson"),
}


@pytest.mark.parametrize("name", UNCOUNTED)
def test_what_statistics_do_not_count_notes_nothing(platform: Platform, name: str) -> None:
    UNCOUNTED[name](platform)
    assert _noted(platform) == set()
    before = _stored()
    statistics.refresh_all()
    assert _stored() == before


def _insert(model: type[models.Model], **changed: Any) -> Change:
    """A copy of the row with other values, added without `save()`."""

    def change(platform: Platform) -> None:
        row = _rows(model)(platform).get()
        row.pk = None
        for name, value in changed.items():
            setattr(row, name, value(platform) if callable(value) else value)
        model._default_manager.bulk_create([row])

    return change


def _moved_question(platform: Platform) -> Any:
    return factories.essay(platform.assessment)


INSERTS: dict[type[models.Model], tuple[Change, set[str]]] = {
    Enrollment: (_insert(Enrollment, course=_moved_course), {"other course", "person"}),
    Lesson: (_insert(Lesson, order=9), COURSE),
    Assessment: (_insert(Assessment, lesson=lambda platform: platform.empty_lesson), {"other course"}),
    AssessmentAttempt: (_insert(AssessmentAttempt, user=_moved_user), {"course", "other person"}),
    AttemptAnswer: (
        _insert(AttemptAnswer, question=_moved_question, credit=None, is_correct=None, points_earned=0),
        BOTH,
    ),
    UserActivity: (_insert(UserActivity), BOTH),
    ArchivedSession: (_insert(ArchivedSession), PERSON),
    ArchivedParticipation: (_insert(ArchivedParticipation, user=_moved_user), COURSE),
    Note: (_insert(Note, user=_moved_user), COURSE),
    Review: (_insert(Review, user=_moved_user), COURSE),
}


@pytest.mark.parametrize("model", INSERTS, ids=lambda model: model.__name__)
def test_a_row_that_is_added_notes_whose_statistics_it_changes(
    platform: Platform, model: type[models.Model]
) -> None:
    change, owners = INSERTS[model]
    change(platform)
    assert _noted(platform) == owners
    _assert_refreshed_is_from_scratch()


def _delete_waiting_answer(platform: Platform) -> None:
    platform.waiting.answers.all().delete()


def _delete(model: type[models.Model]) -> Change:
    return lambda platform: _rows(model)(platform).delete()


DELETES: dict[str, tuple[Change, set[str]]] = {
    **{
        model.__name__: (_delete(model), owners)
        for model, owners in {
            Enrollment: BOTH,
            UserActivity: BOTH,
            ArchivedSession: PERSON,
            ArchivedParticipation: COURSE,
            Note: COURSE,
            Review: COURSE,
        }.items()
    },
    "an answer that waits": (_delete_waiting_answer, BOTH),
    "an attempt and its answers": (lambda platform: platform.attempt.delete(), BOTH),
    "a waiting attempt and its answers": (lambda platform: platform.waiting.delete(), BOTH),
    "an assessment and all attempts": (lambda platform: platform.assessment.delete(), BOTH),
    "a lesson and all beneath": (lambda platform: platform.lesson.delete(), BOTH),
    "a course and all beneath": (lambda platform: platform.course.delete(), PERSON | {"idle person"}),
    "a person and all they did": (lambda platform: platform.learner.delete(), COURSE),
}


@pytest.mark.parametrize("name", DELETES)
def test_what_is_deleted_with_all_that_goes_with_it_notes_whose_statistics_it_changes(
    platform: Platform, name: str
) -> None:
    change, owners = DELETES[name]
    change(platform)
    assert _noted(platform) == owners
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing is noted of what is gone
    _assert_refreshed_is_from_scratch()


@pytest.mark.parametrize("parents_first", [False, True])
def test_plain_sql_may_delete_in_any_order(platform: Platform, parents_first: bool) -> None:
    tables = [
        "courses_answer",
        "courses_questionversion",
        "courses_question",
        "courses_attemptanswer",
        "courses_assessmentattempt",
        "courses_assessment",
        "courses_note",
    ]
    with connection.cursor() as cursor:
        for table in reversed(tables) if parents_first else tables:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert _noted(platform) == COURSES | BOTH
    _assert_refreshed_is_from_scratch()


def test_work_on_an_open_attempt_notes_nothing_and_its_end_does(platform: Platform) -> None:
    question = factories.essay(platform.assessment)
    attempt = factories.make_attempt(platform.other, platform.assessment)
    factories.answer(attempt, question, {"text": "First"})
    attempt.answers.update(response={"text": "Second"}, revision=2)
    assert _noted(platform) == set()
    attempt.complete()
    assert _noted(platform) == {"course", "other person"}


def test_a_statement_for_many_rows_notes_each_owner_once(platform: Platform) -> None:
    people = [factories.make_user() for _ in range(20)]
    with CaptureQueriesContext(connection) as statements:
        UserActivity.objects.bulk_create(
            UserActivity(user=person, course=platform.course, activity_type="view_course")
            for person in people
        )
    assert len(statements) == 1
    noted = list(StatisticsChange.objects.values_list("course", "user"))
    assert sorted(noted, key=str) == sorted(
        [(platform.course.pk, None), *((None, person.pk) for person in people)], key=str
    )


def test_what_is_rolled_back_was_not_noted(platform: Platform) -> None:
    with transaction.atomic():
        platform.learner.delete()
        transaction.set_rollback(True)
    assert _noted(platform) == set()
