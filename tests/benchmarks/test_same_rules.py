"""Rules of "PostGraphile, same rules": its role sees what our selectors return, and saves what our service saves."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.db.models import Q

from courses.constants import EnrollmentStatus
from courses.models import Answer, AssessmentAttempt, AttemptAnswer, CourseStats, Question, User
from courses.selectors.assessments import questions_visible_to
from courses.selectors.attempts import attempts_visible_to
from courses.selectors.catalog import courses_visible_to
from courses.selectors.reviews import reviews_visible_to
from courses.selectors.statistics import course_statistics_visible_to
from courses.services.attempts import submit_answers
from courses.services.statistics import refresh_stale
from courses.utils.sql import fetch
from tests import factories, taking
from tests.benchmarks.contenders.same_rules_statements import MAKE, POLICIES, REMOVE, ROLE

pytestmark = pytest.mark.django_db

VIEWERS = ("nobody", "learner", "classmate", "leaver", "teacher", "staff")


def _questions_shown_to(viewer: User | None) -> Any:
    """Those of an attempt that the viewer may see, and those that the viewer teaches."""
    attempted = Q(assessment__in=attempts_visible_to(viewer).values("assessment"))
    return Question.objects.filter(attempted | Q(pk__in=questions_visible_to(viewer)))


SELECTORS: dict[str, Callable[[User | None], Any]] = {
    "courses_course": courses_visible_to,
    "courses_review": reviews_visible_to,
    "courses_coursestats": course_statistics_visible_to,
    "courses_assessmentattempt": attempts_visible_to,
    "courses_attemptanswer": lambda viewer: AttemptAnswer.objects.filter(
        attempt__in=attempts_visible_to(viewer)
    ),
    "courses_question": _questions_shown_to,
    "courses_answer": lambda viewer: Answer.objects.filter(question__in=_questions_shown_to(viewer)),
}


@pytest.fixture(autouse=True)
def _rules(db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(MAKE)
        yield
        if not connection.in_atomic_block:  # else they are rolled back
            cursor.execute(REMOVE)


@pytest.fixture
def people() -> dict[str, User | None]:
    """Viewers in a published course, in an unpublished one, and in courses that they have nothing to do with."""
    teacher, leaver = factories.make_user(), factories.make_user()
    taught = factories.make_course(instructors=(teacher,))
    draft = factories.make_course(instructors=(teacher,), is_published=False)
    elsewhere, hidden = factories.make_course(), factories.make_course(is_published=False)
    learner, classmate = factories.make_learner(taught), factories.make_learner(taught)
    factories.enroll(learner, draft)
    factories.enroll(leaver, draft, status=EnrollmentStatus.WITHDRAWN)
    for course in (taught, draft, elsewhere, hidden):
        assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
        question = factories.single_choice(assessment)
        stranger = factories.make_user()
        factories.pick(factories.make_attempt(stranger, assessment), question, "right")
        factories.make_review(stranger, course)
        factories.make_review(factories.make_user(), course, is_approved=False)
        if course in (taught, hidden):
            factories.pick(factories.make_attempt(learner, assessment), question, "wrong")
            factories.make_review(learner, course, is_approved=False)
    refresh_stale()
    CourseStats.objects.filter(course=draft).update(refreshed_at=None)
    staff = factories.make_staff()
    return dict(zip(VIEWERS, (None, learner, classmate, leaver, teacher, staff), strict=True))


@pytest.fixture
def attempt() -> AssessmentAttempt:
    assessment = taking.six_types()
    return factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)


def _as(viewer: User | None, statement: str, *parameters: Any) -> list[Any]:
    """The first column of a statement that is executed for the viewer as PostGraphile does it."""
    person, is_staff = ("", "") if viewer is None else (str(viewer.pk), str(viewer.is_staff))
    set_locally = "SELECT set_config('role', %s, TRUE), set_config('same_rules.person', %s, TRUE), "
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{set_locally} set_config('same_rules.is_staff', %s, TRUE)", [ROLE, person, is_staff])
        cursor.execute(statement, parameters)
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("RESET ROLE")
    return found


def _save(attempt: AssessmentAttempt, question: int, places: list[int], learner: User | None = None) -> int:
    saved = "SELECT same_rules.submit_answers(%s, %s, %s)"
    [revision] = _as(learner or attempt.user, saved, attempt.pk, question, places)
    return int(revision)


def _asked(attempt: AssessmentAttempt, text: str) -> Question:
    return attempt.assessment.questions.get(question_text=text)


def _places(attempt: AssessmentAttempt, text: str, *texts: str) -> list[int]:
    given = taking.given(attempt, _asked(attempt, text), *texts).response
    assert given is not None
    return list(given["choices"])


def _stored(attempt: AssessmentAttempt) -> list[Any]:
    attempt.refresh_from_db()
    columns = ("question_id", "response", "selected_answer_id", "text_answer", "revision")
    return [attempt.revision, *attempt.answers.values_list(*columns)]


@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_role_sees_the_rows_that_our_selectors_return(
    people: dict[str, User | None], viewer: str
) -> None:
    person = people[viewer]
    seen = {table: _as(person, f"SELECT id FROM {table} ORDER BY id") for table in POLICIES}
    returned = {
        table: list(selector(person).order_by("pk").values_list("pk", flat=True))
        for table, selector in SELECTORS.items()
    }
    assert seen == returned


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("courses_answer", "is_correct"),
        ("courses_answer", "credit"),
        ("courses_question", "explanation"),
        ("courses_attemptanswer", "is_correct"),
        ("courses_review", "moderation_notes"),
        ("courses_user", "email"),
        ("courses_accesstoken", "digest"),
        ("courses_enrollment", "user_id"),
    ],
)
def test_neither_the_key_nor_accounts_are_granted(table: str, column: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        _as(factories.make_staff(), f"SELECT {column} FROM {table}")


def test_the_role_writes_by_the_function_alone(attempt: AssessmentAttempt) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        _as(attempt.user, "UPDATE courses_assessmentattempt SET score = 9 RETURNING id")


def test_everybody_else_sees_all_rows(people: dict[str, User | None]) -> None:
    """Other contenders connect as the superuser, like this test."""
    assert AssessmentAttempt.objects.count() == 6
    assert fetch("SELECT current_setting('is_superuser') AS value")[0].value == "on"


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("Single?", ["Paris"]),
        ("Single?", []),
        ("Several?", ["six", "two"]),
        ("Several?", ["four"]),
        ("True?", ["True"]),
    ],
)
def test_a_response_is_stored_like_that_of_our_service(
    attempt: AssessmentAttempt, question: str, texts: list[str]
) -> None:
    ours = factories.make_attempt(
        factories.make_learner(attempt.assessment.lesson.course), attempt.assessment
    )
    for picked in (texts, []):
        given = taking.given(ours, _asked(ours, question), *picked)
        submit_answers(learner=ours.user, attempt_id=ours.pk, responses=[given])
        revision = _save(attempt, _asked(attempt, question).pk, _places(attempt, question, *picked))
        assert _stored(attempt) == _stored(ours)
        assert revision == attempt.revision


def test_the_same_response_again_changes_nothing(attempt: AssessmentAttempt) -> None:
    question = _asked(attempt, "Several?").pk
    assert _save(attempt, question, _places(attempt, "Several?", "two", "six")) == 1
    assert _save(attempt, question, _places(attempt, "Several?", "six", "two")) == 1
    assert _save(attempt, question, _places(attempt, "Several?", "six")) == 2


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("Single?", [3]),
        ("Single?", [-1]),
        ("Single?", [0, 1]),
        ("True?", [0, 1]),
        ("Several?", [1, 1]),
        ("Several?", [0, 4]),
        ("Short?", [0]),
        ("Short?", []),
        ("Pairs?", [0]),
    ],
)
def test_places_that_were_not_offered_are_refused(
    attempt: AssessmentAttempt, question: str, places: list[int]
) -> None:
    with pytest.raises(DatabaseError, match="RESPONSE_MISMATCH"):
        _save(attempt, _asked(attempt, question).pk, places)
    assert _stored(attempt) == [0]


def test_a_question_of_another_assessment_is_refused(attempt: AssessmentAttempt) -> None:
    question = factories.single_choice(factories.make_assessment())
    with pytest.raises(DatabaseError, match="RESPONSE_MISMATCH"):
        _save(attempt, question.pk, [0])


@pytest.mark.parametrize("learner", [None, "classmate"])
def test_the_attempt_of_somebody_else_is_not_found(attempt: AssessmentAttempt, learner: str | None) -> None:
    asking = factories.make_learner(attempt.assessment.lesson.course) if learner else None
    saved = "SELECT same_rules.submit_answers(%s, %s, '{0}')"
    with pytest.raises(DatabaseError, match="NOT_FOUND"):
        _as(asking, saved, attempt.pk, _asked(attempt, "Single?").pk)


def test_an_attempt_that_was_handed_in_is_closed(attempt: AssessmentAttempt) -> None:
    attempt.complete()
    with pytest.raises(DatabaseError, match="ATTEMPT_CLOSED"):
        _save(attempt, _asked(attempt, "Single?").pk, [0])


def test_an_attempt_closes_when_its_time_and_the_slack_are_over(attempt: AssessmentAttempt) -> None:
    question = _asked(attempt, "Single?").pk
    taking.let_time_run_out(attempt, seconds_ago=settings.SUBMISSION_SLACK_SECONDS - 2)
    assert _save(attempt, question, [0]) == 1
    attempt.refresh_from_db()
    assert attempt.answers.get().answered_at == attempt.deadline_at
    taking.let_time_run_out(attempt, seconds_ago=settings.SUBMISSION_SLACK_SECONDS + 0.1)
    with pytest.raises(DatabaseError, match="ATTEMPT_CLOSED"):
        _save(attempt, question, [1])


@pytest.mark.django_db(transaction=True)
def test_whoever_watches_is_told_of_a_change_alone(attempt: AssessmentAttempt) -> None:
    question = _asked(attempt, "Single?").pk
    _save(attempt, question, [0])
    with closing(psycopg2.connect(**connection.get_connection_params())) as watching:
        watching.autocommit = True
        with watching.cursor() as cursor:
            cursor.execute("LISTEN courses_changes")
            _save(attempt, question, [0])
            _save(attempt, question, [1])
            cursor.execute("SELECT 1")
        assert [(told.channel, told.payload) for told in watching.notifies] == [
            ("courses_changes", f"attempt:{attempt.pk}")
        ]


def test_nothing_is_left_when_the_rules_are_removed() -> None:
    left = f"""
        SELECT (SELECT count(*) FROM pg_policy) AS policies,
            (SELECT count(*) FROM pg_class WHERE relrowsecurity) AS tables,
            (SELECT count(*) FROM pg_roles WHERE rolname = '{ROLE}') AS roles,
            (SELECT count(*) FROM pg_namespace WHERE nspname = 'same_rules') AS schemas
    """
    assert _rows(left) == [(len(POLICIES), len(POLICIES), 1, 1)]
    with connection.cursor() as cursor:
        cursor.execute(REMOVE)
        cursor.execute(REMOVE)
    assert _rows(left) == [(0, 0, 0, 0)]


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
