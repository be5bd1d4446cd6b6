"""Editing a question: what stays, what changes in place, and what learners' answers protect."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses import exceptions
from courses.constants import QuestionType, ScoringPolicy
from courses.models import Answer, Question, User
from courses.services import question_editing as services
from courses.services.question_drafts import AnswerDraft
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(author):
    course = factories.make_course(instructors=(author,))
    return factories.make_assessment(lesson=factories.make_lesson(course=course))


def texts(question: Question) -> list[tuple[int, str]]:
    return list(question.answers.order_by("order").values_list("pk", "answer_text"))


def drafts(*answers: str, right: str = "a") -> list[AnswerDraft]:
    return [{"text": text, "is_correct": text == right} for text in answers]


def edit(author: User, question: Question, *answers: str, **fields) -> Question:
    draft: Any = {"text": question.text} | fields | {"answers": drafts(*answers)}
    return services.update_question(author=author, question_id=question.pk, draft=draft)


def test_an_edit_changes_what_is_given_and_nothing_else(author, assessment):
    question = factories.multiple_response(
        assessment, explanation="Because.", scoring=ScoringPolicy.ALL_OR_NOTHING
    )
    before = texts(question)
    services.update_question(
        author=author, question_id=question.pk, draft={"text": "Which ones?", "points": 3}
    )
    question.refresh_from_db()
    assert (question.text, question.points, question.explanation) == ("Which ones?", 3, "Because.")
    assert question.scoring == ScoringPolicy.ALL_OR_NOTHING
    assert texts(question) == before


def test_answers_that_stay_the_same_keep_their_ids_wherever_they_stand(author, assessment):
    question = factories.multiple_response(assessment, right=("a", "b"), wrong=("c",))
    ids = {text: pk for pk, text in texts(question)}
    edit(author, question, "c", "x", "a")
    assert texts(question) == [(ids["c"], "c"), (ids["b"], "x"), (ids["a"], "a")]
    assert list(question.answers.filter(is_correct=True)) == [Answer.objects.get(pk=ids["a"])]
    assert list(question.answers.order_by("order").values_list("order", flat=True)) == [1, 2, 3]


def test_an_edited_answer_forgets_what_is_no_longer_said_of_it(author, assessment):
    question = factories.make_question(
        assessment, [{"answer_text": "a", "credit": Decimal("0.5"), "explanation": "Old."}]
    )
    edit(author, question, "a", "b")
    assert list(question.answers.order_by("order").values_list("credit", "explanation")) == [
        (None, ""),
        (None, ""),
    ]


def test_answers_nobody_picked_can_be_removed(author, assessment):
    question = factories.multiple_response(assessment)
    edit(author, question, "a", "c")
    assert [text for _, text in texts(question)] == ["a", "c"]


def finished_attempt(assessment, question, *picked):
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    factories.pick(attempt, question, *picked)
    attempt.complete()


def test_an_answer_that_was_picked_cannot_be_removed(author, assessment):
    question = factories.multiple_response(assessment)
    finished_attempt(assessment, question, "a", "d")
    before = texts(question)
    with pytest.raises(exceptions.QuestionInUse) as refusal:
        edit(author, question, "a", "b", "c")
    assert refusal.value.field == ("question", "answers")
    assert refusal.value.message == ("Learners were asked an answer that is missing here. Please keep it.")
    assert texts(question) == before


def test_an_answer_that_an_attempt_was_asked_cannot_be_removed_for_ever(author, assessment):
    question = factories.multiple_response(assessment)
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    edit(author, question, "a", "b", "c", "d", "e")
    for _ in range(2):
        with pytest.raises(exceptions.QuestionInUse):
            edit(author, question, "a", "b", "c", "e")
        attempt.complete()
    edit(author, question, "a", "b", "c", "d", right="c")
    assert question.answers.count() == 4


def test_a_prompt_that_an_attempt_was_asked_keeps_a_text(author, assessment):
    question = factories.matching(assessment, {"cat": "miaow", "dog": "woof"})
    factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    without: list[AnswerDraft] = [{"match_text": "miaow"}, {"text": "dog", "match_text": "woof"}]
    with pytest.raises(exceptions.QuestionInUse):
        services.update_question(author=author, question_id=question.pk, draft={"answers": without})
    changed: list[AnswerDraft] = [
        {"text": "Katze", "match_text": "miau"},
        {"text": "dog", "match_text": "woof"},
    ]
    services.update_question(author=author, question_id=question.pk, draft={"answers": changed})
    assert [text for _, text in texts(question)] == ["Katze", "dog"]


@pytest.mark.parametrize("removed", ["cat", "mouse"])
def test_a_pair_that_was_made_cannot_be_removed(author, assessment, removed):
    question = factories.matching(assessment, {"cat": "miaow", "dog": "woof", "mouse": "squeak"})
    ids = {text: pk for pk, text in texts(question)}
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    factories.answer(attempt, question, {"matches": {str(ids["cat"]): ids["mouse"]}})
    attempt.complete()
    sounds = {"cat": "miaow", "dog": "woof", "mouse": "squeak"}
    answers: list[AnswerDraft] = [
        {"text": text, "match_text": sounds[text]} for text in sounds if text != removed
    ]
    with pytest.raises(exceptions.QuestionInUse):
        services.update_question(author=author, question_id=question.pk, draft={"answers": answers})
    assert question.answers.count() == 3


def test_accepted_texts_can_be_removed_whatever_was_written(author, assessment):
    question = factories.short_answer(assessment, "Tea", "tee")
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    factories.answer(attempt, question, {"text": "tee"})
    edit(author, question, "Tea")
    assert [text for _, text in texts(question)] == ["Tea"]


def test_an_edited_key_changes_no_result(author, assessment):
    question = factories.single_choice(assessment, right="a", wrong=("b",))
    finished_attempt(assessment, question, "a")
    services.update_question(
        author=author, question_id=question.pk, draft={"answers": drafts("a", "b", right="b")}
    )
    stored = question.attempt_answers.get()
    assert (stored.is_correct, stored.points_earned, stored.attempt.score) == (True, 1, 1)


def test_a_question_that_attempts_have_keeps_its_type(author, assessment):
    question = factories.single_choice(assessment)
    factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    with pytest.raises(exceptions.QuestionInUse) as refusal:
        services.update_question(
            author=author, question_id=question.pk, draft={"question_type": QuestionType.ESSAY}
        )
    assert refusal.value.field == ("question", "type")
    question.refresh_from_db()
    assert question.question_type == QuestionType.MULTIPLE_CHOICE


def test_a_question_that_no_attempt_has_may_change_its_type(author, assessment):
    factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    question = factories.true_false(assessment)
    services.update_question(
        author=author, question_id=question.pk, draft={"question_type": QuestionType.MULTIPLE_CHOICE}
    )
    question.refresh_from_db()
    assert question.question_type == QuestionType.MULTIPLE_CHOICE


def test_a_new_type_has_to_fit_the_answers_that_stay(author, assessment):
    question = factories.multiple_response(assessment)
    with pytest.raises(ValidationError) as error:
        services.update_question(
            author=author, question_id=question.pk, draft={"question_type": QuestionType.TRUE_FALSE}
        )
    assert set(error.value.message_dict) == {"question.answers"}
