"""Automatic order: from 1 without gap or repeat, on every way into the table, by any number of writers."""

import pytest
from django.db import IntegrityError, transaction

from courses.models import Answer, Lesson, Question
from tests import factories
from tests.concurrency import WRITERS, at_once


@pytest.mark.django_db
def test_rows_are_numbered_from_one_under_each_parent() -> None:
    first, second = factories.make_assessment(), factories.make_assessment()
    orders = [Question.objects.create(assessment=parent).order for parent in (first, first, second, first)]
    assert orders == [1, 2, 1, 3]


@pytest.mark.django_db
def test_an_explicit_order_is_kept_and_continued_from() -> None:
    assessment = factories.make_assessment()
    assert Question.objects.create(assessment=assessment, order=7).order == 7
    assert Question.objects.create(assessment=assessment).order == 8
    assert Question.objects.create(assessment=assessment, order=0).order == 0


@pytest.mark.django_db
def test_saving_again_keeps_the_order() -> None:
    first = Question.objects.create(assessment=factories.make_assessment())
    Question.objects.create(assessment=first.assessment)
    first.text = "New"
    first.save()
    first.refresh_from_db()
    assert first.order == 1


@pytest.mark.django_db
def test_bulk_create_numbers_rows_behind_every_order_that_their_parent_has_or_gets() -> None:
    first, second = factories.make_assessment(), factories.make_assessment()
    Question.objects.create(assessment=first)
    rows = Question.objects.bulk_create(
        [
            Question(assessment=first, text="b"),
            Question(assessment=second, text="a"),
            Question(assessment=first, text="x", order=9),
            Question(assessment=first, text="c"),
        ]
    )
    assert [row.order for row in rows] == [10, 1, 9, 11]
    assert list(first.questions.order_by("order").values_list("order", flat=True)) == [1, 9, 10, 11]


@pytest.mark.django_db
def test_bulk_create_of_nothing_does_nothing() -> None:
    assert Question.objects.bulk_create([]) == []


@pytest.mark.django_db
def test_lessons_are_ordered_in_their_course() -> None:
    course = factories.make_course()
    assert [Lesson.objects.create(course=course, title="L").order for _ in range(2)] == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Question, Answer])
def test_the_next_order_is_known_before_saving(model: type[Question] | type[Answer]) -> None:
    question = factories.make_question(factories.make_assessment(), [{"answer_text": "a"}])
    parent = {"assessment": question.assessment} if model is Question else {"question": question}
    assert model(**parent).get_next_order() == 2


@pytest.mark.django_db
def test_the_database_refuses_an_order_twice_under_one_parent() -> None:
    question = factories.make_question(factories.make_assessment())
    with pytest.raises(IntegrityError, match="unique_question_order"), transaction.atomic():
        Question.objects.create(assessment=question.assessment, order=question.order)


@pytest.mark.django_db
def test_one_statement_may_exchange_two_orders() -> None:
    first = factories.make_question(factories.make_assessment())
    second = factories.make_question(first.assessment)
    first.order, second.order = second.order, first.order
    Question.objects.bulk_update([first, second], ["order"])
    assert list(first.assessment.questions.order_by("order")) == [second, first]


@pytest.mark.django_db(transaction=True)
def test_thirty_two_writers_number_questions_without_gap_or_repeat() -> None:
    assessment = factories.make_assessment()

    def write(number: int) -> None:
        for place in range(5):
            Question.objects.create(assessment_id=assessment.pk, text=f"{number}.{place}")

    assert at_once(write) == []
    orders = assessment.questions.order_by("order").values_list("order", flat=True)
    assert list(orders) == list(range(1, WRITERS * 5 + 1))


@pytest.mark.django_db(transaction=True)
def test_thirty_two_writers_number_answers_in_bulk_without_gap_or_repeat() -> None:
    question = factories.make_question(factories.make_assessment())

    def write(number: int) -> None:
        Answer.objects.bulk_create(
            Answer(question_id=question.pk, text=f"{number}.{place}") for place in range(5)
        )

    assert at_once(write) == []
    found = list(question.answers.order_by("order").values_list("order", "text"))
    assert [order for order, _ in found] == list(range(1, WRITERS * 5 + 1))
    batches = [
        [text.split(".")[0] for _, text in found[start : start + 5]] for start in range(0, len(found), 5)
    ]
    assert all(len(set(batch)) == 1 for batch in batches)
