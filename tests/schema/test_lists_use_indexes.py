"""Every list answers from an index when there are 100,000 rows of what it lists."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from courses.models import (
    Accommodation,
    AssessmentAttempt,
    AttemptAnswer,
    Course,
    Enrollment,
    Note,
    Notification,
    Review,
    User,
    UserActivity,
)
from courses.utils.clock import database_now
from schema.context import Context, Identity
from schema.core import ids
from schema.core.connections import NEWEST_FIRST, encode_cursor
from schema.root import schema
from tests import factories

Api = Callable[..., Any]
ROWS = 100_000

LISTS: dict[str, str] = {
    "own attempts at an assessment": (
        '{ assessment(id: "%(Assessment)s") { viewerAttempts { used remaining open { id } best { id } '
        "mayStart { allowed } } } }"
    ),
    "courses, newest first": "{ courses { edges { node { title } } } }",
    "courses, by title": "{ courses(orderBy: [TITLE]) { edges { node { title } } } }",
    "courses, best rated": "{ courses(orderBy: [RATING]) { edges { node { title } } } }",
    "courses, most taken": "{ courses(orderBy: [POPULARITY]) { edges { node { title } } } }",
    "courses found by words": '{ courses(filter: {search: "c777"}) { edges { node { title } } } }',
    "courses of an instructor": (
        '{ courses(filter: {instructorId: "%(Instructor)s"}) { edges { node { title } } } }'
    ),
    "courses with at least a rating": (
        "{ courses(filter: {minimumRating: 4.9}, orderBy: [RATING]) { edges { node { title } } } }"
    ),
    "courses after a cursor": '{ courses(after: "%(after)s") { edges { node { title } } } }',
    "courses from the end": "{ courses(last: 20) { edges { node { title } } } }",
    "courses that the viewer takes": "{ viewer { enrollments { edges { node { id } } } } }",
    "roster of a course": '{ course(id: "%(Course)s") { enrollments { edges { node { id } } } } }',
    "roster of a course by status": (
        '{ course(id: "%(Course)s") { enrollments(status: COMPLETED) { edges { node { id } } } } }'
    ),
    "roster of a course found by words": (
        '{ course(id: "%(Course)s") { enrollments(search: "person777") { edges { node { id } } } } }'
    ),
    "roster of a course found by words, by status": (
        '{ course(id: "%(Course)s") { enrollments(search: "person777", status: ACTIVE) { edges { node { id } } } } }'
    ),
    "roster of a course since a change": (
        '{ course(id: "%(Course)s") { enrollments(updatedSince: "2100-01-01T00:00:00Z") '
        "{ edges { node { id } } } } }"
    ),
    "courses since a change": (
        '{ courses(filter: {updatedSince: "2100-01-01T00:00:00Z"}) { edges { node { title } } } }'
    ),
    "enrolments of the viewer since a change": (
        '{ viewer { enrollments(updatedSince: "2100-01-01T00:00:00Z") { edges { node { id } } } } }'
    ),
    "reviews of a course since a change": (
        '{ course(id: "%(Course)s") { reviews(updatedSince: "2100-01-01T00:00:00Z") { edges { node { id } } } } }'
    ),
    "reviews of the viewer since a change": (
        '{ viewer { reviews(updatedSince: "2100-01-01T00:00:00Z") { edges { node { id } } } } }'
    ),
    "attempts of an assessment since a change": (
        '{ assessment(id: "%(Assessment)s") { attempts(updatedSince: "2100-01-01T00:00:00Z") '
        "{ edges { node { id } } } } }"
    ),
    "attempts of the viewer since a change": (
        '{ viewer { attempts(updatedSince: "2100-01-01T00:00:00Z") { edges { node { id } } } } }'
    ),
    "roster of a course after a cursor": (
        '{ course(id: "%(Course)s") { enrollments(after: "%(after)s") { edges { node { id } } } } }'
    ),
    "reviews of a course": '{ course(id: "%(Course)s") { reviews { edges { node { id } } } } }',
    "reviews of a course, best first": (
        '{ course(id: "%(Course)s") { reviews(orderBy: [HIGHEST_RATING]) { edges { node { id } } } } }'
    ),
    "reviews of a course, most helpful first": (
        '{ course(id: "%(Course)s") { reviews(orderBy: [MOST_HELPFUL]) { edges { node { id } } } } }'
    ),
    "reviews of a course, oldest first": (
        '{ course(id: "%(Course)s") { reviews(orderBy: [OLDEST]) { edges { node { id } } } } }'
    ),
    "reviews of a course, worst first": (
        '{ course(id: "%(Course)s") { reviews(orderBy: [LOWEST_RATING]) { edges { node { id } } } } }'
    ),
    "reviews of a course with two stars": (
        '{ course(id: "%(Course)s") { reviews(rating: 2) { edges { node { id } } } } }'
    ),
    "featured reviews of a course": (
        '{ course(id: "%(Course)s") { reviews(featuredOnly: true) { edges { node { id } } } } }'
    ),
    "reviews of a course after a cursor": (
        '{ course(id: "%(Course)s") { reviews(after: "%(after)s") { edges { node { id } } } } }'
    ),
    "reviews of a course before a cursor": (
        '{ course(id: "%(Course)s") { reviews(last: 20, before: "%(after)s") { edges { node { id } } } } }'
    ),
    "reviews of the viewer": "{ viewer { reviews { edges { node { id } } } } }",
    "reviews to moderate": "{ reviewModerationQueue { edges { node { id } } } }",
    "attempts of an assessment": '{ assessment(id: "%(Assessment)s") { attempts { edges { node { id } } } } }',
    "attempts of an assessment by one learner": (
        '{ assessment(id: "%(Assessment)s") { attempts(learnerId: "%(User)s") { edges { node { id } } } } }'
    ),
    "attempts of the viewer, with their results and key": (
        "{ viewer { attempts { edges { node { resultsVisible answerKeyVisible } } } } }"
    ),
    "one's own standing in an assessment": (
        '{ assessment(id: "%(Assessment)s") { viewerAttempts { remaining effective { maxAttempts } '
        "mayStart { code } } } }"
    ),
    "settings of a learner": (
        '{ assessment(id: "%(Assessment)s") { effectiveFor(learnerId: "%(User)s") { maxAttempts } } }'
    ),
    "accommodations in an assessment": (
        '{ assessment(id: "%(Assessment)s") { accommodations { edges { node { id } } } } }'
    ),
    "accommodations in a course": (
        '{ course(id: "%(Course)s") { accommodations { edges { node { id } } } } }'
    ),
    "accommodations of the viewer": "{ viewer { accommodations { edges { node { id } } } } }",
    "attempts of the viewer": "{ viewer { attempts { edges { node { id } } } } }",
    "open attempts of the viewer": "{ viewer { attempts(state: IN_PROGRESS) { edges { node { id } } } } }",
    "answers to grade": "{ gradingQueue { edges { node { id } } } }",
    "answers to grade in a course": '{ gradingQueue(courseId: "%(Course)s") { edges { node { id } } } }',
    "notes on a lesson": '{ node(id: "%(Lesson)s") { ... on Lesson { notes { edges { node { id } } } } } }',
    "notes of the viewer": "{ viewer { notes { edges { node { id } } } } }",
    "notes of the viewer on a lesson with a tag": (
        '{ viewer { notes(lessonId: "%(Lesson)s", tag: "rare") { edges { node { id } } } } }'
    ),
    "notes of the viewer with a tag": '{ viewer { notes(tag: "rare") { edges { node { id } } } } }',
    "notes of the viewer, oldest first": "{ viewer { notes(orderBy: [OLDEST]) { edges { node { id } } } } }",
    "notes of the viewer found by words": '{ viewer { notes(search: "n777") { edges { node { id } } } } }',
    "activity of the viewer": "{ viewer { activity { edges { node { id } } } } }",
    "activity of the viewer of one type": (
        "{ viewer { activity(type: TAKE_QUIZ) { edges { node { id } } } } }"
    ),
    "activity of the viewer after a cursor": (
        '{ viewer { activity(after: "%(after)s") { edges { node { id } } } } }'
    ),
    "activity of the viewer before a cursor": (
        '{ viewer { activity(last: 20, before: "%(after)s") { edges { node { id } } } } }'
    ),
    "notifications of the viewer": "{ viewer { notifications { edges { node { id } } } } }",
    "unread notifications of the viewer": (
        "{ viewer { notifications(unreadOnly: true) { edges { node { id } } } } }"
    ),
}

STAFF_ONLY = {
    "roster of a course",
    "roster of a course by status",
    "roster of a course found by words",
    "roster of a course found by words, by status",
    "roster of a course since a change",
    "roster of a course after a cursor",
    "settings of a learner",
    "accommodations in an assessment",
    "accommodations in a course",
    "attempts of an assessment",
    "attempts of an assessment since a change",
    "attempts of an assessment by one learner",
    "answers to grade",
    "answers to grade in a course",
    "reviews to moderate",
}

BIG = {
    model._meta.db_table
    for model in (
        User,
        Course,
        Enrollment,
        Review,
        Accommodation,
        AssessmentAttempt,
        AttemptAnswer,
        Note,
        UserActivity,
        Notification,
    )
}


def _multiply(row: models.Model, **changed: str) -> str:
    """Store the row 100,000 times more, each a second older; `changed` are columns in SQL, `n` counts from 1.

    Returns the id of the n-th, in SQL. The table is analysed at once: foreign keys and triggers look one of its rows
    up for each row of the next table, and would read all of them as long as PostgreSQL took it for empty.
    """
    older = {name: f"row.{name} - n * interval '1 second'" for name in ("created_date", "enrolled_date")}
    changed = older | changed
    names = [
        field.column for field in row._meta.concrete_fields if field.column != "id" and not field.generated
    ]
    values = [f"({changed[name]})" if name in changed else f'row."{name}"' for name in names]
    table = row._meta.db_table
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {', '.join(values)} "
            f"FROM {table} AS row, generate_series(1, {ROWS}) AS n WHERE row.id = {row.pk}"
        )
        cursor.execute(f"ANALYZE {table}")
        cursor.execute(f"SELECT max(id) FROM {table}")
        last = cursor.fetchone()[0]
    return f"{last - ROWS} + n"


@pytest.fixture(scope="module")
def big_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[User, dict[str, str]]]:
    """A person who owns 100,000 of everything, and the ids of what the lists are of."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        connection.set_autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield _filled()
        connection.rollback()
        connection.set_autocommit(True)


def _filled() -> tuple[User, dict[str, str]]:
    person = factories.make_staff()
    course = factories.make_course()
    lesson = factories.make_lesson(course=course)
    assessment = factories.make_assessment(lesson=lesson, max_attempts=1)
    essay = factories.essay(assessment)
    attempt = factories.make_attempt(person, assessment)
    answer = factories.answer(attempt, essay, {"text": "Long."})
    attempt.complete()
    named = dict.fromkeys(("username", "name_skeleton"), "'person' || n")
    people = _multiply(person, **named, email="''", is_staff="false")
    stars = "ARRAY[n % 2, n % 3, n % 5, n % 7, n % 11]"
    courses = _multiply(course, slug="'c' || n", title="'c' || n", rating_counts=stars, learner_count="n")
    _multiply(factories.make_review(person, course, is_approved=False), course_id=courses)
    other = factories.make_review(factories.make_user(), course, is_approved=True)
    _multiply(other, user_id=people, rating="1 + n % 5", helpful_count="n % 100")
    _multiply(factories.enroll(person, course), course_id=courses)
    # Statements are planned for anybody, so that most people have to have few rows, as they do.
    _multiply(factories.enroll(factories.make_user(), course), user_id=people)
    attempts = _multiply(attempt, attempt_number="n + 1")
    _multiply(attempt, user_id=people)
    _multiply(
        answer,
        attempt_id=attempts,
        credit="CASE WHEN n > 100 THEN 0 END",
        is_correct="CASE WHEN n > 100 THEN false END",
    )
    _multiply(factories.accommodate(person, course, extra_minutes=5), course_id=courses)
    closed = database_now() - timedelta(days=1)
    _multiply(factories.accommodate(factories.make_user(), assessment, closes_at=closed), user_id=people)
    _multiply(factories.accommodate(factories.make_user(), course, closes_at=closed), user_id=people)
    _multiply(factories.make_note(person, lesson), content="'n' || n")
    _multiply(factories.make_activity(person, course=course))
    _multiply(factories.make_notification(person))
    instructor = factories.make_user()
    course.instructors.add(instructor)
    with (
        connection.cursor() as cursor
    ):  # tables of ours alone: those of all databases would be locked until the end
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in apps.get_models())}")
    rows = {"Course": course, "Lesson": lesson, "Assessment": assessment, "User": person}
    id_of: dict[str, str] = {name: ids.encode(name, row.pk) for name, row in rows.items()}
    id_of |= {"Instructor": ids.encode("User", instructor.pk), "after": encode_cursor(course, NEWEST_FIRST)}
    return person, id_of


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def _scans(statement: str) -> list[str]:
    """The big tables that a statement reads from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return [
        node["Relation Name"]
        for node in _nodes(plan)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG
    ]


@pytest.mark.parametrize(
    ("name", "is_staff"),
    [(name, is_staff) for name in LISTS for is_staff in (True, False) if is_staff or name not in STAFF_ONLY],
)
def test_a_list_answers_from_an_index(
    big_world: tuple[User, dict[str, str]], name: str, is_staff: bool
) -> None:
    """For staff, who may see everything; for one of the many learners; and one's own for who owns every row."""
    person, id_of = big_world
    document = LISTS[name] % id_of
    owns = is_staff or "viewer {" in document
    viewer = User.objects.get(pk=person.pk) if owns else User.objects.get(username="person777")
    viewer.is_staff = is_staff
    # Inside a transaction nothing is prepared: the statements are there to be explained.
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        result = async_to_sync(schema.execute)(document, context_value=Context(Identity(viewer)))
    assert result.errors is None
    texts = [query["sql"] for query in captured]
    reads = [text for text in texts if text.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert reads
    assert {statement: _scans(statement) for statement in reads if _scans(statement)} == {}
