"""Answers in an attempt: their parts stay in step, and a grade that a person gave is never touched."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, Question
from tests import factories

pytestmark = pytest.mark.django_db

GRADED_AT = datetime(2024, 5, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def attempt() -> AssessmentAttempt:
    return factories.make_attempt(factories.make_user(), factories.make_assessment())


def _choice(question: Question, text: str) -> int:
    return question.answers.get(answer_text=text).pk


def _grade(answer: AttemptAnswer) -> tuple[Decimal | None, bool | None, int]:
    answer.refresh_from_db()
    return answer.credit, answer.is_correct, answer.points_earned


# ---------------------------------------------------------------- the parts in step


def test_a_picked_choice_becomes_the_response(attempt: AssessmentAttempt) -> None:
    question = factories.single_choice(attempt.assessment)
    right = _choice(question, "right")
    answer = AttemptAnswer.objects.create(attempt=attempt, question=question, selected_answer_id=right)
    assert answer.response == {"choices": [right]}


@pytest.mark.parametrize(
    ("make", "response"),
    [
        (lambda assessment: factories.short_answer(assessment, "Paris"), {"text": "Paris"}),
        (lambda assessment: factories.essay(assessment), {"text": "Paris"}),
        (
            lambda assessment: factories.fill_blank(assessment, {"city": ["Paris"]}),
            {"blanks": {"city": "Paris"}},
        ),
        (lambda assessment: factories.fill_blank(assessment, {"a": ["Paris"], "b": ["x"]}), None),
        (lambda assessment: factories.matching(assessment, {"a": "Paris", "b": "x"}), None),
        (lambda assessment: factories.single_choice(assessment), None),
    ],
    ids=["short answer", "essay", "only blank", "several blanks", "matching", "choice"],
)
def test_a_written_text_becomes_the_response_where_a_text_can_be_one(
    attempt: AssessmentAttempt, make: Any, response: Any
) -> None:
    question = make(attempt.assessment)
    answer = AttemptAnswer.objects.create(attempt=attempt, question=question, text_answer="Paris")
    answer.refresh_from_db()
    assert answer.response == response


def test_a_response_fills_the_picked_choice_only_where_there_is_one(attempt: AssessmentAttempt) -> None:
    question = factories.multiple_response(attempt.assessment)
    answer = factories.pick(attempt, question, "a")
    assert answer.selected_answer_id == _choice(question, "a")
    answer.response = {"choices": sorted(_choice(question, text) for text in "ab")}
    answer.save()
    assert answer.selected_answer_id is None


def test_a_changed_choice_changes_the_response_and_the_grade(attempt: AssessmentAttempt) -> None:
    question = factories.single_choice(attempt.assessment, points=3)
    answer = AttemptAnswer.objects.get(pk=factories.pick(attempt, question, "wrong").pk)
    assert _grade(answer) == (0, False, 0)
    answer.answer = question.answers.get(answer_text="right")
    answer.save(update_fields=["selected_answer"])
    assert _grade(answer) == (1, True, 3)
    assert answer.response == {"choices": [answer.selected_answer_id]}


def test_a_changed_text_changes_the_response(attempt: AssessmentAttempt) -> None:
    answer = factories.answer(attempt, factories.short_answer(attempt.assessment, "Paris"), {"text": "Rome"})
    assert answer.text_answer == "Rome"
    answer.text_response = "paris"
    answer.save()
    assert _grade(answer) == (1, True, 1)
    assert answer.response == {"text": "paris"}


def test_clearing_the_response_clears_its_parts(attempt: AssessmentAttempt) -> None:
    answer = factories.pick(attempt, factories.single_choice(attempt.assessment), "right")
    answer.response = None
    answer.save()
    assert _grade(answer) == (0, False, 0)
    assert (answer.response, answer.selected_answer_id) == (None, None)


def test_what_was_answered_outlives_the_choice_and_the_next_save(attempt: AssessmentAttempt) -> None:
    question = factories.single_choice(attempt.assessment)
    response = factories.pick(attempt, question, "right").response
    question.answers.filter(answer_text="right").delete()
    answer = attempt.answers.get()
    assert answer.selected_answer_id is None
    answer.feedback = "Well done."
    answer.save()
    answer.refresh_from_db()
    assert answer.response == response


def test_the_aliases_read_and_take_the_same_values(attempt: AssessmentAttempt) -> None:
    question = factories.single_choice(attempt.assessment)
    right = question.answers.get(answer_text="right")
    answer = AttemptAnswer(attempt=attempt, question=question, answer=right, text_response="t")
    assert (answer.selected_answer, answer.text_answer) == (right, "t")
    assert (answer.answer, answer.text_response) == (right, "t")


# ---------------------------------------------------------------- grading


def test_saving_grades_with_exact_credit_and_whole_points(attempt: AssessmentAttempt) -> None:
    question = factories.multiple_response(attempt.assessment, right=("a", "b", "c"), points=4)
    answer = factories.pick(attempt, question, "a", "b")
    assert _grade(answer) == (Decimal("0.6666666667"), False, 3)


def test_an_essay_waits_without_credit(attempt: AssessmentAttempt) -> None:
    answer = factories.answer(attempt, factories.essay(attempt.assessment, points=5), {"text": "Thoughts."})
    assert _grade(answer) == (None, None, 0)


def test_an_empty_essay_waits_for_nobody(attempt: AssessmentAttempt) -> None:
    assert _grade(factories.answer(attempt, factories.essay(attempt.assessment), {"text": " "})) == (
        0,
        False,
        0,
    )


def test_feedback_leaves_the_grade_that_a_person_gave(attempt: AssessmentAttempt) -> None:
    answer = factories.pick(attempt, factories.single_choice(attempt.assessment, points=4), "wrong")
    AttemptAnswer.objects.filter(pk=answer.pk).update(
        credit=Decimal("0.5"), points_earned=2, graded_at=GRADED_AT, graded_by=factories.make_user()
    )
    answer.refresh_from_db()
    answer.feedback = "Half right."
    answer.save()
    assert _grade(answer) == (Decimal("0.5"), False, 2)


def test_a_grade_stays_a_persons_when_that_person_is_gone(attempt: AssessmentAttempt) -> None:
    grader = factories.make_user()
    answer = factories.pick(attempt, factories.single_choice(attempt.assessment, points=4), "wrong")
    AttemptAnswer.objects.filter(pk=answer.pk).update(
        credit=Decimal("0.5"), points_earned=2, graded_at=GRADED_AT, graded_by=grader
    )
    grader.delete()
    answer = attempt.answers.get()
    answer.save()
    assert _grade(answer) == (Decimal("0.5"), False, 2)


def test_a_corrected_key_changes_no_result_of_a_completed_attempt(attempt: AssessmentAttempt) -> None:
    question = factories.single_choice(attempt.assessment)
    factories.pick(attempt, question, "right")
    attempt.complete()
    question.answers.update(is_correct=False)
    answer = attempt.answers.get()
    answer.feedback = "Sorry."
    answer.save()
    assert _grade(answer) == (1, True, 1)


def test_update_fields_without_a_response_grades_nothing(attempt: AssessmentAttempt) -> None:
    question = factories.single_choice(attempt.assessment)
    answer = factories.pick(attempt, question, "right")
    question.answers.update(is_correct=False)
    answer.is_flagged = True
    answer.save(update_fields=["is_flagged"])
    assert _grade(answer) == (1, True, 1)


def test_grading_on_save_reads_the_key_in_one_query(attempt: AssessmentAttempt) -> None:
    question = factories.multiple_response(attempt.assessment)
    response = {"choices": [_choice(question, "a")]}
    with CaptureQueriesContext(connection) as queries:
        AttemptAnswer.objects.create(
            attempt=attempt, question=question, response=response, answered_at=GRADED_AT
        )
    assert sum('FROM "courses_answer"' in query["sql"] for query in queries) == 1


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda assessment: factories.single_choice(assessment), "selected_answer"),
        (lambda assessment: factories.short_answer(assessment, "x"), "text_answer"),
        (lambda assessment: factories.essay(assessment), "text_answer"),
    ],
    ids=["choice", "short answer", "essay"],
)
def test_clean_asks_for_what_the_question_needs(attempt: AssessmentAttempt, make: Any, field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        AttemptAnswer(attempt=attempt, question=make(attempt.assessment)).clean()
    assert list(refusal.value.message_dict) == [field]


def test_clean_accepts_a_picked_choice_and_a_written_text(attempt: AssessmentAttempt) -> None:
    choice = factories.single_choice(attempt.assessment)
    AttemptAnswer(attempt=attempt, question=choice, selected_answer=choice.answers.first()).clean()
    AttemptAnswer(
        attempt=attempt, question=factories.short_answer(attempt.assessment, "x"), text_answer="0"
    ).clean()


def test_clean_refuses_a_choice_of_another_question(attempt: AssessmentAttempt) -> None:
    mine, other = factories.single_choice(attempt.assessment), factories.single_choice(attempt.assessment)
    with pytest.raises(ValidationError) as refusal:
        AttemptAnswer(attempt=attempt, question=mine, selected_answer=other.answers.first()).clean()
    assert list(refusal.value.message_dict) == ["selected_answer"]


def test_clean_refuses_a_question_of_another_assessment(attempt: AssessmentAttempt) -> None:
    elsewhere: Assessment = factories.make_assessment()
    with pytest.raises(ValidationError) as refusal:
        AttemptAnswer(attempt=attempt, question=factories.essay(elsewhere), text_answer="x").clean()
    assert list(refusal.value.message_dict) == ["question"]


def test_the_database_refuses_a_second_answer_to_one_question(attempt: AssessmentAttempt) -> None:
    question = factories.single_choice(attempt.assessment)
    factories.pick(attempt, question, "right")
    with pytest.raises(IntegrityError, match="unique_attempt_answer"), transaction.atomic():
        factories.pick(attempt, question, "right")
