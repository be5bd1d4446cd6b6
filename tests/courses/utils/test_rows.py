"""Rows of plain SQL are what Django would have made of them."""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model

from courses.models import AttemptAnswer, Course, Question
from courses.utils.rows import RowReader
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def something_of_everything() -> None:
    course = factories.make_course()
    learner = factories.make_learner(course)
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    essay = factories.essay(assessment)
    attempt = factories.make_attempt(learner, assessment)
    factories.answer(attempt, essay, {"text": "A long answer."})
    attempt.complete()
    factories.make_review(learner, course)
    factories.make_notification(learner)
    factories.make_activity(learner, course=course)


@pytest.mark.usefixtures("something_of_everything")
def test_every_model_is_read_as_django_reads_it() -> None:
    compared = 0
    for model in apps.get_app_config("courses").get_models():
        rows = RowReader(model).rows(f"SELECT * FROM {model._meta.db_table} ORDER BY id", [])
        expected = list(model._default_manager.order_by("pk"))
        assert [_contents(row) for row in rows] == [_contents(row) for row in expected], model
        compared += len(rows)
    assert compared > 10


def _contents(row: Model) -> dict[str, Any]:
    return {**vars(row), "_state": (row._state.db, row._state.adding)}


def test_other_columns_become_attributes_and_fields_left_out_are_loaded_later(
    django_assert_num_queries: Any,
) -> None:
    course = factories.make_course(title="Coffee")
    [row] = RowReader(Course).rows("SELECT id, slug, 1 + %s AS more FROM courses_course", [2])
    assert (row.pk, row.slug, row.more) == (course.pk, course.slug, 3)  # type: ignore[attr-defined]
    with django_assert_num_queries(1):
        assert row.title == "Coffee"


@pytest.mark.usefixtures("something_of_everything")
def test_a_row_that_was_read_can_be_saved() -> None:
    reader = RowReader(AttemptAnswer)
    [answer] = reader.rows("SELECT * FROM courses_attemptanswer", [])
    answer.feedback = "Well argued."
    answer.save()
    [again] = reader.rows("SELECT * FROM courses_attemptanswer", [])
    assert (again.pk, again.feedback, AttemptAnswer.objects.count()) == (answer.pk, "Well argued.", 1)
    assert again.question == Question.objects.get()
