"""What an author adds to a question after an attempt has begun costs nobody who is taking it anything."""

from typing import Any

import pytest

from courses import exceptions
from courses.constants import QuestionType
from courses.models import AssessmentAttempt, Question
from courses.services.question_editing import update_question
from schema.core import ids
from tests import factories

pytestmark = pytest.mark.django_db


def _edited(question: Question, answers: list[dict[str, Any]], **fields: Any) -> None:
    """The instructor of the course rewrites the question's answers."""
    instructor = factories.make_user()
    question.assessment.lesson.course.instructors.add(instructor)
    draft = {
        "question_type": QuestionType(question.question_type),
        "text": question.question_text,
        "points": question.points,
        "answers": answers,
    }
    update_question(author=instructor, question_id=question.pk, draft=draft | fields)  # type: ignore[arg-type]


def _open_attempt(question: Question) -> AssessmentAttempt:
    return factories.make_attempt(
        factories.make_learner(question.assessment.lesson.course), question.assessment
    )


def _result(attempt: AssessmentAttempt) -> tuple[int, int]:
    attempt.complete()
    return attempt.score, attempt.max_score


def test_a_blank_that_was_added_later_earns_nobody_less() -> None:
    question = factories.fill_blank(
        factories.make_assessment(), {"first": ["one"], "second": ["two"]}, points=6
    )
    attempt = _open_attempt(question)
    factories.answer(attempt, question, {"blanks": {"first": "one", "second": "two"}})
    _edited(
        question,
        [
            {"text": text, "blank_key": key, "is_correct": True}
            for key, text in (("first", "one"), ("second", "two"), ("third", "three"))
        ],
    )
    assert _result(attempt) == (6, 6)


def test_a_prompt_that_was_added_later_earns_nobody_less() -> None:
    question = factories.matching(factories.make_assessment(), {"cat": "meows", "dog": "barks"}, points=6)
    attempt = _open_attempt(question)
    cat, dog = question.answers.order_by("order")
    factories.answer(attempt, question, {"matches": {str(cat.pk): cat.pk, str(dog.pk): dog.pk}})
    _edited(
        question,
        [
            {"text": prompt, "match_text": match, "is_correct": True}
            for prompt, match in (("cat", "meows"), ("dog", "barks"), ("cow", "moos"), ("owl", "hoots"))
        ],
    )
    assert _result(attempt) == (6, 6)


def test_a_right_choice_that_was_added_later_earns_nobody_less() -> None:
    question = factories.multiple_response(factories.make_assessment(), points=6)
    attempt = _open_attempt(question)
    factories.pick(attempt, question, "a", "b")
    _edited(
        question,
        [{"text": text, "is_correct": text in ("a", "b", "e")} for text in ("a", "b", "c", "d", "e")],
    )
    assert _result(attempt) == (6, 6)


def test_points_that_were_edited_later_are_not_those_of_the_attempt() -> None:
    question = factories.single_choice(factories.make_assessment(), points=6)
    attempt = _open_attempt(question)
    factories.pick(attempt, question, "right")
    answers = [{"text": "right", "is_correct": True}, {"text": "wrong", "is_correct": False}]
    _edited(question, answers, points=1)
    assert _result(attempt) == (6, 6)


def test_a_blank_in_use_keeps_its_key() -> None:
    question = factories.fill_blank(factories.make_assessment(), {"first": ["one"]})
    _open_attempt(question)
    with pytest.raises(exceptions.QuestionInUse) as refused:
        _edited(question, [{"text": "one", "blank_key": "renamed", "is_correct": True}])
    assert refused.value.field == ("question", "answers")
    assert list(question.answers.values_list("blank_key", flat=True)) == ["first"]


def test_the_solution_of_a_matching_question_is_whole_after_its_answers_were_reordered(api: Any) -> None:
    assessment = factories.make_assessment(max_attempts=1)
    question = factories.matching(assessment, {"cat": "mammal", "dog": "mammal", "tit": "bird"})
    attempt = _open_attempt(question)
    attempt.complete()
    cat, dog, tit = question.answers.order_by("order")
    for order, answer in enumerate((tit, dog, cat), start=10):
        question.answers.filter(pk=answer.pk).update(order=order)
    found = api(
        "query($id: ID!) { attempt(id: $id) { questions { prompts { id } solution { matches { prompt match } } } } }",
        viewer=attempt.user,
        id=ids.encode("AssessmentAttempt", attempt.pk),
    )["attempt"]["questions"][0]
    assert [pair["prompt"] for pair in found["solution"]["matches"]] == [
        one["id"] for one in found["prompts"]
    ]
