"""Bounds on parts and on their sum: what an author may write can always be read."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from courses import constants
from courses.models import Assessment, Lesson, Question, Resource, User
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.taking import Api

MAX_SCORE = "query ($id: ID!) { assessment(id: $id) { maxScore questionCount } }"
QUESTION = {"type": "ESSAY", "text": "What do you think?"}


@pytest.fixture
def author(db: None) -> User:
    return factories.make_staff()


def _create(api: Api, author: User, **fields: Any) -> Any:
    lesson = ids.encode("Lesson", factories.make_lesson().pk)
    return api(
        operation("create_assessment"), author, input={"lessonId": lesson, "title": "Bounds", **fields}
    )["createAssessment"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"questions": [QUESTION | {"points": 1_000_001}]}, ["questions", "0", "points"]),
        ({"questions": [QUESTION, QUESTION | {"points": 2_147_483_647}]}, ["questions", "1", "points"]),
        ({"questions": [QUESTION | {"points": 0}]}, ["questions", "0", "points"]),
        ({"timeLimitMinutes": 525_601}, ["timeLimitMinutes"]),
        ({"timeLimitMinutes": 99_999_999}, ["timeLimitMinutes"]),
        ({"maxAttempts": 1_001}, ["maxAttempts"]),
        ({"questions": [QUESTION] * 3}, ["questions"]),
    ],
)
def test_what_is_beyond_a_bound_is_refused_and_nothing_is_written(
    api: Api, author: User, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], path: list[str]
) -> None:
    monkeypatch.setattr("courses.services.question_authoring.MAX_QUESTIONS", 2)
    refused = _create(api, author, **fields)
    assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [("INVALID", path)]
    assert (Assessment.objects.count(), Question.objects.count()) == (0, 0)


def test_one_question_too_many_is_refused(api: Api, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("courses.services.question_authoring.MAX_QUESTIONS", 1)
    assessment = factories.make_assessment()
    factories.essay(assessment)
    refused = api(
        operation("create_question"),
        author,
        input={"assessmentId": ids.encode("Assessment", assessment.pk), "question": QUESTION},
    )["createQuestion"]
    assert refused["userErrors"] == [
        {"code": "INVALID", "message": "An assessment has at most 1 questions.", "field": ["question"]}
    ]
    assert assessment.questions.count() == 1


def test_the_largest_sum_that_can_be_written_can_be_read(api: Api, author: User) -> None:
    assessment = factories.make_assessment()
    Question.objects.bulk_create(
        Question(assessment=assessment, question_text="?", question_type="essay", points=constants.MAX_POINTS)
        for _ in range(constants.MAX_QUESTIONS)
    )
    read = api(MAX_SCORE, author, id=ids.encode("Assessment", assessment.pk))["assessment"]
    assert read == {"maxScore": 1_000_000_000, "questionCount": 1_000}


def test_an_attempt_with_the_longest_limit_tells_how_much_is_left(api: Api, author: User) -> None:
    course = factories.make_course()
    assessment = factories.make_assessment(
        lesson=factories.make_lesson(course=course), time_limit=constants.MAX_TIME_LIMIT_MINUTES
    )
    factories.essay(assessment)
    started = api(
        "mutation ($id: ID!) { startAttempt(input: {assessmentId: $id}) { attempt { remainingSeconds } } }",
        factories.make_learner(course),
        id=ids.encode("Assessment", assessment.pk),
    )["startAttempt"]
    assert started["attempt"]["remainingSeconds"] in (365 * 24 * 3600 - 1, 365 * 24 * 3600)


def test_what_was_stored_beyond_the_bounds_is_taken_back_to_them(author: User) -> None:
    assessment = factories.make_assessment()
    question, later = factories.essay(assessment), factories.essay(assessment)
    lesson = assessment.lesson
    resource = Resource.objects.create(lesson=lesson, title="x", url="https://a.example/x")
    attempt = factories.make_attempt(factories.make_learner(lesson.course), assessment)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, constraints in {
            "courses_question": ("question_points_in_range", "question_order_in_range"),
            "courses_assessment": ("assessment_max_attempts_in_range", "assessment_time_limit_in_range"),
            "courses_lesson": ("lesson_duration_in_range",),
            "courses_resource": ("resource_url_is_https",),
        }.items():
            for constraint in constraints:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        Question.objects.filter(pk=question.pk).update(points=2_147_483_647)
        Question.objects.filter(pk=later.pk).update(order=5_000)
        Assessment.objects.filter(pk=assessment.pk).update(max_attempts=9_999, time_limit=99_999_999)
        Lesson.objects.filter(pk=lesson.pk).update(duration_seconds=2_147_483_647)
        Resource.objects.filter(pk=resource.pk).update(url="https://a.example/x y\\z")
        type(attempt).objects.filter(pk=attempt.pk).update(deadline_at="2200-01-01T00:00Z")
        cursor.execute(import_module("courses.migrations.0007_bounds").WITHIN_BOUNDS)
    for row in (question, later, assessment, lesson, resource, attempt):
        row.refresh_from_db()
    assert (question.points, later.order) == (1_000_000, 2)
    assert (assessment.max_attempts, assessment.time_limit) == (1_000, 525_600)
    assert (lesson.duration_seconds, resource.url) == (31_536_000, "https://a.example/xyz")
    assert attempt.deadline_at is not None
    assert (attempt.deadline_at - attempt.start_time).days == 365
