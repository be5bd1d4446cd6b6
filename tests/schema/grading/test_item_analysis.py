"""How well questions measure: the worked example, whose attempts count, and what it costs."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Assessment, AttemptAnswer, Course, User
from schema.core import ids
from tests import factories
from tests.operations import operation

ROWS = [[1, 2, 0], [1, 1, 1], [0, 1, 0], [1, 2, 1], [0, 0, 0]]


@pytest.fixture
def instructor(db: None) -> User:
    return factories.make_user()


@pytest.fixture
def assessment(instructor: User) -> Assessment:
    """Three questions with 1, 2 and 1 points; the second has a half credit to give."""
    return _assessment(factories.make_course(instructors=(instructor,)))


def _assessment(course: Course) -> Assessment:
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    for points in (1, 2, 1):
        answers: list[dict[str, Any]] = [
            {"answer_text": "2", "is_correct": True},
            {"answer_text": "1", "credit": "0.5"},
        ]
        factories.make_question(assessment, answers, question_type="short_answer", points=points)
    return assessment


def _take(assessment: Assessment, row: list[int], learner: User | None = None) -> User:
    """Hand in an attempt that earns these points; a question without points is left out."""
    learner = learner or factories.make_learner(assessment.lesson.course)
    attempt = factories.make_attempt(learner, assessment)
    for question, points in zip(assessment.questions.order_by("order"), row, strict=True):
        if points:
            factories.answer(attempt, question, {"text": "2" if points == question.points else "1"})
    attempt.complete()
    return learner


def _analysis(api: Any, viewer: User, assessment: Assessment) -> Any:
    course_id = ids.encode("Course", assessment.lesson.course_id)
    lessons = api(operation("item_analysis"), viewer, courseId=course_id)["course"]["lessons"]
    return lessons[0]["assessment"]["itemAnalysis"]


def test_the_worked_example(api: Any, assessment: Assessment, instructor: User) -> None:
    for row in ROWS:
        _take(assessment, row)
    found = _analysis(api, instructor, assessment)
    items = found.pop("items")
    assert found == {
        "learnerCount": 5,
        "mean": "2.2000",
        "standardDeviation": "1.6432",
        "internalConsistency": "77.7778",
        "errorRatio": "47.1405",
        "standardError": "0.7746",
    }
    figures = ("facility", "discriminationIndex", "discriminativeEfficiency", "effectiveWeight", "warning")
    assert [tuple(item[figure] for figure in figures) for item in items] == [
        ("0.6000", "88.0705", "100.0000", "32.6514", "TOO_FEW_LEARNERS"),
        ("0.6000", "59.7614", "66.6667", "38.7957", "TOO_FEW_LEARNERS"),
        ("0.4000", "49.0098", "58.3333", "28.5529", "TOO_FEW_LEARNERS"),
    ]
    assert [item["question"]["position"] for item in items] == [1, 2, 3]


def test_points_that_are_edited_later_change_nothing(
    api: Any, assessment: Assessment, instructor: User
) -> None:
    for row in ROWS:
        _take(assessment, row)
    before = _analysis(api, instructor, assessment)
    assessment.questions.update(points=9)
    assert _analysis(api, instructor, assessment) == before


def test_only_the_first_finished_attempt_of_each_learner_counts(
    api: Any, assessment: Assessment, instructor: User
) -> None:
    learner = _take(assessment, [1, 2, 1])
    _take(assessment, [0, 0, 0], learner)
    found = _analysis(api, instructor, assessment)
    assert (found["learnerCount"], found["mean"]) == (1, "4.0000")


def test_open_attempts_do_not_count(api: Any, assessment: Assessment, instructor: User) -> None:
    factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    assert _analysis(api, instructor, assessment)["learnerCount"] == 0


def test_a_learner_whose_first_attempt_waits_for_a_person_is_left_out_until_it_is_graded(
    api: Any, assessment: Assessment, instructor: User
) -> None:
    essay = factories.essay(assessment, points=4)
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    task = factories.answer(attempt, essay, {"text": "Thoughts"})
    attempt.complete()
    factories.make_attempt(attempt.user, assessment).complete()
    assert _analysis(api, instructor, assessment)["learnerCount"] == 0
    grade = {"taskId": ids.encode("GradingTask", task.pk), "points": 3}
    assert api(operation("grade_answer"), instructor, input=grade)["gradeAnswer"]["attempt"]
    found = _analysis(api, instructor, assessment)
    assert (found["learnerCount"], found["mean"], found["items"][3]["facility"]) == (1, "3.0000", "0.7500")


def test_what_was_earned_is_the_exact_credit_and_not_the_rounded_points(
    api: Any, assessment: Assessment, instructor: User
) -> None:
    _take(assessment, [1, 0, 0])
    AttemptAnswer.objects.update(credit="0.5", points_earned=1, is_correct=False)
    assert _analysis(api, instructor, assessment)["items"][0]["facility"] == "0.5000"


def test_a_zero_denominator_gives_null(api: Any, assessment: Assessment, instructor: User) -> None:
    for _ in range(3):
        _take(assessment, [1, 2, 1])
    found = _analysis(api, instructor, assessment)
    assert (found["mean"], found["standardDeviation"], found["internalConsistency"]) == (
        "4.0000",
        "0.0000",
        None,
    )
    assert found["items"][0]["discriminationIndex"] is None


@pytest.mark.parametrize(
    ("weak", "strong", "warning"),
    [
        pytest.param([1, 0, 0], [0, 2, 1], "NEGATIVE_DISCRIMINATION", id="a probable wrong key"),
        pytest.param([1, 0, 0], [1, 2, 1], "TOO_EASY", id="more than 95 %"),
        pytest.param([0, 0, 0], [0, 2, 1], "TOO_HARD", id="less than 5 %"),
        pytest.param([0, 0, 0], [1, 2, 1], None, id="nothing to look at"),
    ],
)
def test_a_question_that_its_author_should_look_at_has_a_warning(
    api: Any,
    assessment: Assessment,
    instructor: User,
    weak: list[int],
    strong: list[int],
    warning: str | None,
) -> None:
    for row in [weak] * 5 + [strong] * 5:
        _take(assessment, row)
    assert _analysis(api, instructor, assessment)["items"][0]["warning"] == warning


def test_with_fewer_than_ten_learners_no_other_warning_is_given(
    api: Any, assessment: Assessment, instructor: User
) -> None:
    for row in [[1, 0, 0]] * 4 + [[0, 2, 1]] * 5:
        _take(assessment, row)
    warnings = {item["warning"] for item in _analysis(api, instructor, assessment)["items"]}
    assert warnings == {"TOO_FEW_LEARNERS"}


def test_an_assessment_without_questions_or_attempts_has_an_empty_analysis(
    api: Any, instructor: User
) -> None:
    course = factories.make_course(instructors=(instructor,))
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    found = _analysis(api, instructor, assessment)
    assert (found["learnerCount"], found["mean"], found["items"]) == (0, None, [])


def test_the_analyses_of_twenty_assessments_cost_as_many_statements_as_one(
    api: Any, instructor: User
) -> None:
    counts = []
    for size in (1, 20):
        course = factories.make_course(instructors=(instructor,))
        for _ in range(size):
            _take(_assessment(course), [1, 2, 0])
        with CaptureQueriesContext(connection) as queries:
            found = api(operation("item_analysis"), instructor, courseId=ids.encode("Course", course.pk))
        counts.append(len(queries))
        assert len(found["course"]["lessons"]) == size
    assert counts[0] == counts[1], [query["sql"] for query in queries]
