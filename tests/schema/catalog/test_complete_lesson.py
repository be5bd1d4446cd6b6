"""Completing lessons through the API."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.constants import EnrollmentStatus
from courses.models import Course, Lesson, LessonCompletion
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import people_of


@pytest.fixture
def lesson(db: None) -> Lesson:
    """The only lesson of a course with an instructor."""
    return factories.make_lesson(course=factories.make_course(instructors=(factories.make_user(),)))


def _complete(api: Any, viewer: Any, lesson: Lesson) -> Any:
    return api(operation("complete_lesson"), viewer, input={"lessonId": ids.encode("Lesson", lesson.pk)})


def test_the_payload_shows_the_lesson_and_how_far_the_viewer_has_come(api: Any, lesson: Lesson) -> None:
    learner = factories.make_learner(lesson.course)
    factories.make_lesson(course=lesson.course)
    payload = _complete(api, learner, lesson)["completeLesson"]
    assert payload["userErrors"] == []
    assert payload["lesson"] == {"id": ids.encode("Lesson", lesson.pk), "isCompleted": True}
    assert payload["enrollment"]["progressPercentage"] == "50.00"
    assert (payload["enrollment"]["status"], payload["enrollment"]["completedAt"]) == ("ACTIVE", None)


@pytest.mark.parametrize(
    ("who", "is_published", "code"),
    [
        ("learner", True, None),
        ("learner", False, None),
        ("withdrawn", True, "NOT_ENROLLED"),
        ("withdrawn", False, "NOT_FOUND"),
        ("learner_elsewhere", True, "NOT_ENROLLED"),
        ("learner_elsewhere", False, "NOT_FOUND"),
        ("instructor", True, "NOT_ENROLLED"),
        ("instructor", False, "NOT_ENROLLED"),
        ("moderator", True, "NOT_ENROLLED"),
        ("moderator", False, "NOT_ENROLLED"),
    ],
)
def test_lessons_are_completed_by_people_who_take_the_course(
    api: Any, lesson: Lesson, who: str, is_published: bool, code: str | None
) -> None:
    withdrawn = factories.make_user()
    factories.enroll(withdrawn, lesson.course, status=EnrollmentStatus.WITHDRAWN)
    people = vars(people_of(lesson.course)) | {"withdrawn": withdrawn}
    Course.objects.filter(pk=lesson.course_id).update(is_published=is_published)
    errors = _complete(api, people[who], lesson)["completeLesson"]["userErrors"]
    assert [error["code"] for error in errors] == ([code] if code else [])
    assert all(error["field"] == ["lessonId"] for error in errors)
    assert LessonCompletion.objects.exists() is (code is None)


def test_nobody_completes_a_lesson_without_signing_in(api: Any, lesson: Lesson) -> None:
    assert _complete(api, None, lesson).codes == ["UNAUTHENTICATED"]


def test_the_id_of_something_else_is_that_of_nothing(api: Any, lesson: Lesson) -> None:
    learner = factories.make_learner(lesson.course)
    answered = api(
        operation("complete_lesson"), learner, input={"lessonId": ids.encode("Course", lesson.course_id)}
    )
    assert [error["code"] for error in answered["completeLesson"]["userErrors"]] == ["NOT_FOUND"]


def test_completing_costs_the_same_in_a_course_of_one_and_of_twenty_lessons(api: Any, lesson: Lesson) -> None:
    costs = []
    for more in (1, 19):
        for _ in range(more):
            factories.make_lesson(course=lesson.course)
        learner = factories.make_learner(lesson.course)
        with CaptureQueriesContext(connection) as statements:
            _complete(api, learner, lesson)
        costs.append(len(statements))
    assert costs[0] == costs[1]
