"""The queue of answers that wait for a person."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Assessment, AssessmentAttempt, Course, User
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.schema.grading.conftest import Graded
from tests.taking import remember_versions

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String) {
  gradingQueue(first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { response { text } } }
  }
}"""


@pytest.fixture
def instructor(db: None) -> User:
    return factories.make_user()


def _essay_assessment(instructor: User) -> Assessment:
    course = factories.make_course(instructors=(instructor,))
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    factories.essay(assessment, points=3)
    return assessment


def _handed_in(assessment: Assessment, text: str) -> AssessmentAttempt:
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    factories.answer(attempt, assessment.questions.get(), {"text": text})
    attempt.complete()
    return attempt


def _texts(connection: Any) -> list[str]:
    return [edge["node"]["response"]["text"] for edge in connection["edges"]]


def test_a_task_shows_what_was_asked_what_was_answered_and_what_it_can_earn(api: Any, graded: Graded) -> None:
    (edge,) = api(operation("grading_queue"), graded["instructor"], first=10)["gradingQueue"]["edges"]
    assert graded.attempt.end_time is not None
    assert edge["node"] == {
        "id": ids.encode("GradingTask", graded.task.pk),
        "submittedAt": graded.attempt.end_time.isoformat(),
        "pointsPossible": 3,
        "response": {"choices": None, "text": "Because.", "matches": None, "blanks": None},
        "question": {
            "id": ids.encode("Question", graded.task.question_id),
            "type": "ESSAY",
            "text": "Why?",
            "explanation": "",
        },
        "attempt": {
            "id": ids.encode("AssessmentAttempt", graded.attempt.pk),
            "attemptNumber": 1,
            "gradingState": "PENDING_MANUAL",
            "learner": {"id": ids.encode("User", graded.attempt.user_id), "displayName": "Mira Lindholt"},
            "assessment": {
                "id": ids.encode("Assessment", graded.assessment.pk),
                "title": graded.assessment.title,
            },
        },
    }


def test_the_queue_holds_answers_of_finished_attempts_that_nobody_has_graded(
    api: Any, instructor: User
) -> None:
    assessment = _essay_assessment(instructor)
    _handed_in(assessment, "waits")
    _handed_in(assessment, "  ")
    graded = _handed_in(assessment, "graded").answers.get()
    still_open = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    factories.answer(still_open, assessment.questions.get(), {"text": "open"})
    api(
        operation("grade_answer"),
        instructor,
        input={"taskId": ids.encode("GradingTask", graded.pk), "points": 1},
    )
    assert _texts(api(PAGE, instructor)["gradingQueue"]) == ["waits"]


def test_the_queue_can_be_limited_to_a_course(api: Any, instructor: User) -> None:
    first, second = _essay_assessment(instructor), _essay_assessment(instructor)
    _handed_in(first, "first")
    _handed_in(second, "second")

    def queue(course: Course | None, kind: str = "Course") -> Any:
        course_id = ids.encode(kind, course.pk) if course else None
        return api(operation("grading_queue"), instructor, first=10, courseId=course_id)["gradingQueue"]

    assert _texts(queue(None)) == ["first", "second"]
    assert _texts(queue(second.lesson.course)) == ["second"]
    assert queue(second.lesson.course)["totalCount"] == 1
    assert _texts(queue(second.lesson.course, kind="Lesson")) == []


@pytest.mark.parametrize("all_at_once", [False, True])
def test_the_oldest_comes_first_and_walking_both_ways_visits_every_task_once(
    api: Any, instructor: User, all_at_once: bool
) -> None:
    assessment = _essay_assessment(instructor)
    texts = [_handed_in(assessment, text).answers.get().text_answer for text in "abcde"]
    if all_at_once:
        AssessmentAttempt.objects.update(end_time=MOMENT)
    forwards, page = [], api(PAGE, instructor, first=2)["gradingQueue"]
    forwards += _texts(page)
    while page["pageInfo"]["hasNextPage"]:
        page = api(PAGE, instructor, first=2, after=page["pageInfo"]["endCursor"])["gradingQueue"]
        forwards += _texts(page)
    page = api(PAGE, instructor, last=2)["gradingQueue"]
    backwards = _texts(page)
    while page["pageInfo"]["hasPreviousPage"]:
        page = api(PAGE, instructor, last=2, before=page["pageInfo"]["startCursor"])["gradingQueue"]
        backwards = _texts(page) + backwards
    assert forwards == backwards == texts


def test_a_queue_of_twenty_tasks_costs_as_many_statements_as_one_of_one(api: Any, instructor: User) -> None:
    for number in range(20):
        _handed_in(_essay_assessment(instructor), f"Text {number}")
    remember_versions()
    counts = []
    for first in (1, 20):
        with CaptureQueriesContext(connection) as queries:
            assert (
                len(api(operation("grading_queue"), instructor, first=first)["gradingQueue"]["edges"])
                == first
            )
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries]


def test_a_choice_that_a_person_may_grade_is_shown_in_the_terms_of_its_attempt(
    api: Any, graded: Graded
) -> None:
    picked = graded.attempt.answers.get(question__order=1)
    asked = """query ($id: ID!) { node(id: $id) { ... on GradingTask {
        response { choices text } attempt { questions { choices { id text } } }
    } } }"""
    task = api(asked, graded["instructor"], id=ids.encode("GradingTask", picked.pk))["node"]
    (chosen,) = task["response"]["choices"]
    offered = {choice["id"]: choice["text"] for choice in task["attempt"]["questions"][0]["choices"]}
    assert offered[chosen] == "Lyon"
