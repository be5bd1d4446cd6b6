"""Texts that an author lists without marking any are what the author accepts."""

import pytest

from courses.constants import QuestionType
from courses.services.question_authoring import create_question
from courses.services.question_drafts import AnswerDraft, QuestionDraft
from tests.factories import make_assessment, make_course, make_lesson, make_user

pytestmark = pytest.mark.django_db


def _is_correct(question_type: QuestionType, answers: list[AnswerDraft]) -> list[bool]:
    author = make_user()
    assessment = make_assessment(lesson=make_lesson(course=make_course(instructors=(author,))))
    draft: QuestionDraft = {"question_type": question_type, "text": "What is it?", "answers": answers}
    question = create_question(author=author, assessment_id=assessment.pk, draft=draft)
    return list(question.answers.order_by("order").values_list("is_correct", flat=True))


def test_listed_texts_of_a_short_answer_are_accepted_when_none_is_marked() -> None:
    assert _is_correct(QuestionType.SHORT_ANSWER, [{"text": "Paris"}, {"text": "Lutetia"}]) == [True, True]


def test_once_one_text_is_marked_the_others_are_what_the_author_says() -> None:
    assert _is_correct(
        QuestionType.SHORT_ANSWER, [{"text": "Paris", "is_correct": True}, {"text": "London"}]
    ) == [True, False]


def test_a_match_without_a_prompt_that_shows_is_no_pair_to_accept() -> None:
    pairs: list[AnswerDraft] = [
        {"text": "Bat", "match_text": "mammal"},
        {"text": "\u200b", "match_text": "fish"},
    ]
    assert _is_correct(QuestionType.MATCHING, pairs) == [True, False]


def test_choices_are_never_correct_by_being_listed() -> None:
    assert _is_correct(QuestionType.MULTIPLE_CHOICE, [{"text": "Paris"}, {"text": "London"}]) == [
        False,
        False,
    ]
