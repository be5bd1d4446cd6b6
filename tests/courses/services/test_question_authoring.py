"""Adding, removing and ordering questions: who may, what is refused, and what attempts protect."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from courses import exceptions
from courses.constants import QuestionType, TextMatch
from courses.models import Answer, Question, User
from courses.services import question_authoring as services
from courses.services import question_editing
from courses.services.question_drafts import AnswerDraft, QuestionDraft
from tests import factories

pytestmark = pytest.mark.django_db

CHOICE: QuestionDraft = {"question_type": QuestionType.MULTIPLE_CHOICE, "text": "Which?"}


@pytest.fixture
def author() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(author):
    course = factories.make_course(instructors=(author,))
    return factories.make_assessment(lesson=factories.make_lesson(course=course))


def orders(assessment) -> list[tuple[int, int]]:
    return list(assessment.questions.order_by("order").values_list("order", "pk"))


def test_a_question_is_added_at_the_end(author, assessment):
    first = factories.essay(assessment)
    second = services.create_question(
        author=author,
        assessment_id=assessment.pk,
        draft=CHOICE | {"answers": [{"text": "a", "is_correct": True}, {"text": "b"}]},
    )
    assert orders(assessment) == [(1, first.pk), (2, second.pk)]
    assert list(second.answers.order_by("order").values_list("answer_text", flat=True)) == ["a", "b"]


def test_a_question_that_can_never_be_right_is_not_added(author, assessment):
    draft: QuestionDraft = CHOICE | {"text": "", "answers": [{"text": "a", "is_correct": True}, {"text": ""}]}
    with pytest.raises(ValidationError) as error:
        services.create_question(author=author, assessment_id=assessment.pk, draft=draft)
    assert error.value.message_dict == {
        "question.text": ["This field cannot be blank."],
        "question.answers.1.text": ["Write down what this choice says."],
    }
    assert not Question.objects.exists()
    assert not Answer.objects.exists()


def test_credit_and_tolerance_stay_in_their_range(author, assessment):
    answer: AnswerDraft = {
        "text": "1",
        "text_match": TextMatch.NUMERIC,
        "tolerance": Decimal(-1),
        "credit": Decimal(2),
    }
    draft: QuestionDraft = {
        "question_type": QuestionType.SHORT_ANSWER,
        "text": "How many?",
        "answers": [answer],
    }
    with pytest.raises(ValidationError) as error:
        services.create_question(author=author, assessment_id=assessment.pk, draft=draft)
    assert set(error.value.message_dict) == {"question.answers.0.tolerance", "question.answers.0.credit"}


def test_removing_a_question_closes_the_gap(author, assessment):
    first, second, third = (factories.essay(assessment) for _ in range(3))
    services.delete_question(author=author, question_id=second.pk)
    assert orders(assessment) == [(1, first.pk), (2, third.pk)]


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_question_that_attempts_have_cannot_be_removed(author, assessment, is_answered):
    question = factories.single_choice(assessment)
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    if is_answered:
        factories.pick(attempt, question, "right")
        attempt.complete()
    with pytest.raises(exceptions.QuestionInUse) as refusal:
        services.delete_question(author=author, question_id=question.pk)
    assert refusal.value.field == ("questionId",)
    assert Question.objects.filter(pk=question.pk).exists()


def test_a_question_that_was_answered_without_being_laid_out_cannot_be_removed(author, assessment):
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    question = factories.single_choice(assessment)
    factories.pick(attempt, question, "right")
    with pytest.raises(exceptions.QuestionInUse):
        services.delete_question(author=author, question_id=question.pk)
    assert Question.objects.filter(pk=question.pk).exists()


def test_questions_take_the_order_that_is_given(author, assessment):
    first, second, third = (factories.essay(assessment) for _ in range(3))
    services.reorder_questions(
        author=author, assessment_id=assessment.pk, question_ids=[third.pk, first.pk, second.pk]
    )
    assert orders(assessment) == [(1, third.pk), (2, first.pk), (3, second.pk)]


def test_ordering_is_one_update(author, assessment, django_assert_num_queries):
    questions = [factories.essay(assessment).pk for _ in range(20)]
    with django_assert_num_queries(6) as statements:
        services.reorder_questions(author=author, assessment_id=assessment.pk, question_ids=questions[::-1])
    assert sum(statement["sql"].startswith("UPDATE") for statement in statements) == 1


@pytest.mark.parametrize("named", [[0], [0, 1, 1], [1, 0, 0, 1], []])
def test_an_order_names_every_question_exactly_once(author, assessment, named):
    questions = [factories.essay(assessment).pk for _ in range(2)]
    with pytest.raises(exceptions.Invalid) as refusal:
        services.reorder_questions(
            author=author, assessment_id=assessment.pk, question_ids=[questions[place] for place in named]
        )
    assert refusal.value.field == ("questionIds",)
    assert orders(assessment) == [(1, questions[0]), (2, questions[1])]


def test_an_order_names_no_question_of_another_assessment(author, assessment):
    own = factories.essay(assessment)
    lesson = factories.make_lesson(course=assessment.lesson.course)
    foreign = factories.essay(factories.make_assessment(lesson=lesson))
    with pytest.raises(exceptions.NotFound) as refusal:
        services.reorder_questions(
            author=author, assessment_id=assessment.pk, question_ids=[own.pk, foreign.pk]
        )
    assert refusal.value.field == ("questionIds", "1")


@pytest.mark.parametrize(
    ("is_published", "refusal"), [(True, exceptions.PermissionDenied), (False, exceptions.NotFound)]
)
def test_only_instructors_add_and_order_questions(is_published, refusal, assessment):
    stranger = factories.make_user()
    course = assessment.lesson.course
    course.is_published = is_published
    course.save()
    question = factories.essay(assessment)
    with pytest.raises(refusal) as refused:
        services.create_question(author=stranger, assessment_id=assessment.pk, draft=CHOICE)
    assert refused.value.field == ("assessmentId",)
    with pytest.raises(refusal):
        services.reorder_questions(author=stranger, assessment_id=assessment.pk, question_ids=[question.pk])
    assert orders(assessment) == [(1, question.pk)]


def test_a_question_is_not_there_for_people_who_do_not_teach_the_course(assessment):
    learner = factories.make_learner(assessment.lesson.course)
    question = factories.essay(assessment, question_text="Why?")
    with pytest.raises(exceptions.NotFound) as refused:
        question_editing.update_question(author=learner, question_id=question.pk, draft={"text": "Mine?"})
    assert refused.value.field == ("questionId",)
    with pytest.raises(exceptions.NotFound):
        services.delete_question(author=learner, question_id=question.pk)
    question.refresh_from_db()
    assert question.text == "Why?"
