"""Rows that are nested in another one are those that Django would have read by themselves."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import OuterRef

from courses.models import Answer, Assessment, AttemptAnswer, Question
from courses.selectors.question_keys import contents_of, with_keys
from courses.utils.nested_rows import NestedRows, instances
from courses.utils.rows import CompiledQuery
from tests import factories
from tests.taking import six_types

pytestmark = pytest.mark.django_db


def test_keys_are_the_contents_that_questions_have(django_assert_num_queries: Any) -> None:
    assessment = six_types()
    question = factories.short_answer(assessment, "0.1")
    question.answers.update(
        text_match="numeric", tolerance=Decimal("1234567890.0123456789"), credit=Decimal("0.3333")
    )
    questions = {each.pk: each.to_content() for each in assessment.questions.order_by("order")}
    keys = with_keys(Question.objects.filter(assessment=OuterRef("pk")))
    rows = Assessment.objects.filter(pk=assessment.pk).annotate(asked=keys)
    with django_assert_num_queries(2):
        [by_django], [compiled] = list(rows), CompiledQuery(rows).rows({})
        for row in (by_django, compiled):
            found = contents_of(row.asked, decimal_comma=False)  # type: ignore[attr-defined]
            assert (found, list(found)) == (questions, list(questions))


def test_moments_and_decimals_are_read_and_of_no_rows_there_is_an_empty_list() -> None:
    at = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
    assessment = factories.make_assessment()
    question, other = factories.single_choice(assessment), factories.single_choice(assessment)
    attempt = factories.make_attempt(factories.make_user(), assessment)
    answer = factories.pick(attempt, question, "wrong")
    AttemptAnswer.objects.update(graded_at=at, credit=Decimal("0.1234567891"))
    answers = AttemptAnswer.objects.filter(question=OuterRef("pk")).values("id", "graded_at", "credit")
    rows = Question.objects.annotate(answered=NestedRows(answers)).order_by("order")
    asked, not_asked = (
        instances(AttemptAnswer, row.answered) for row in rows.filter(pk__in=[question.pk, other.pk])
    )
    assert [(row.pk, row.graded_at, row.credit) for row in asked] == [
        (answer.pk, at, Decimal("0.1234567891"))
    ]
    assert not_asked == []


def test_an_alias_is_filled_like_its_column() -> None:
    question = factories.single_choice(factories.make_assessment())
    nested = NestedRows(
        Answer.objects.filter(question=OuterRef("pk")).order_by("order").values("id", "answer_text", "order")
    )
    [row] = Question.objects.annotate(key=nested)
    texts = list(question.answers.order_by("order").values_list("answer_text", flat=True))
    assert [answer.text for answer in instances(Answer, row.key)] == texts
