"""Assessments and their questions: what they ask the database for, and what they refuse."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.constants import QuestionType, ScoringPolicy, TextMatch
from courses.models import Answer, Assessment
from courses.rules import values
from tests import factories

pytestmark = pytest.mark.django_db


def test_questions_and_answers_come_in_order_in_two_queries() -> None:
    assessment = factories.make_assessment()
    later, sooner = (factories.make_question(assessment, order=order) for order in (2, 1))
    for text, order in (("second", 2), ("first", 1)):
        Answer.objects.create(question=sooner, text=text, order=order)
    with CaptureQueriesContext(connection) as queries:
        questions = list(assessment.get_questions())
        texts = [answer.text for answer in questions[0].answers.all()]
        assert questions[0].assessment == assessment
    assert questions == [sooner, later]
    assert texts == ["first", "second"]
    assert len(queries) == 2


def test_the_maximum_is_added_up_by_the_database_in_one_query() -> None:
    assessment = factories.make_assessment()
    assert assessment.get_max_score() == 0
    for points in (2, 3):
        factories.make_question(assessment, points=points)
    with CaptureQueriesContext(connection) as queries:
        assert assessment.get_max_score() == 5
    assert [query["sql"].count("SUM") for query in queries] == [1]


def test_answers_come_in_order_in_one_query() -> None:
    question = factories.make_question(
        factories.make_assessment(), [{"text": "a"}, {"text": "b", "order": 0}]
    )
    with CaptureQueriesContext(connection) as queries:
        assert [(answer.text, answer.question) for answer in question.get_answers()] == [
            ("b", question),
            ("a", question),
        ]
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("time_limit", -1), ("passing_score", 101), ("passing_score", -1)]
)
def test_clean_refuses_settings_out_of_range(field: str, value: int) -> None:
    with pytest.raises(ValidationError) as refusal:
        Assessment(title="Exam", **{field: value}).clean()
    assert list(refusal.value.message_dict) == [field]


def test_a_time_limit_can_be_switched_off() -> None:
    assessment = factories.make_assessment(time_limit=60)
    assessment.time_limit_minutes = 0
    assessment.save()
    assessment.refresh_from_db()
    assert (assessment.time_limit, assessment.time_limit_minutes) == (0, 0)


def test_a_title_of_one_character_is_refused() -> None:
    with pytest.raises(ValidationError) as refusal:
        Assessment(lesson=factories.make_lesson(), title="E").full_clean()
    assert list(refusal.value.message_dict) == ["title"]


def test_a_question_becomes_the_plain_value_that_rules_grade() -> None:
    question = factories.make_question(
        factories.make_assessment(),
        [
            {
                "text": "-11.7",
                "is_correct": True,
                "text_match": "numeric",
                "tolerance": Decimal("0.02"),
                "order": 2,
            },
            {"text": "left", "match_text": "right", "blank_key": "k", "credit": Decimal("0.5"), "order": 1},
        ],
        question_type="short_answer",
        scoring="all_or_nothing",
        points=3,
    )
    left, number = question.answers.order_by("order")
    assert question.to_rule() == values.Question(
        type=QuestionType.SHORT_ANSWER,
        scoring=ScoringPolicy.ALL_OR_NOTHING,
        points=3,
        answers=(
            values.Answer(id=left.pk, text="left", match_text="right", blank_key="k", credit=Decimal("0.5")),
            values.Answer(
                id=number.pk,
                text="-11.7",
                is_correct=True,
                text_match=TextMatch.NUMERIC,
                tolerance=Decimal("0.02"),
            ),
        ),
    )


def test_new_questions_take_off_wrong_picks_by_default() -> None:
    assert factories.make_question(factories.make_assessment()).scoring == ScoringPolicy.RIGHT_MINUS_WRONG
