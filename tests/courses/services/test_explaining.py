"""Why a response was graded as it was, and what a key would say to responses."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses import exceptions
from courses.constants import Correctness, QuestionType, RegradePolicy
from courses.models import (
    Answer,
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Question,
    User,
)
from courses.services.explaining import MAX_TRIED_RESPONSES, explain_grade, try_grade
from courses.services.grading import grade_answer
from courses.services.regrading import apply_regrade
from tests import factories
from tests.taking import let_time_run_out, six_types

pytestmark = pytest.mark.django_db


@pytest.fixture
def instructor() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(instructor: User) -> Assessment:
    """Every type of question; one attempt, after which the key is shown."""
    course = factories.make_course(instructors=(instructor,))
    return six_types(lesson=factories.make_lesson(course=course), max_attempts=1)


@pytest.fixture
def attempt(assessment: Assessment) -> AssessmentAttempt:
    """Partly right everywhere; the last question was left out."""
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    questions = {question.question_text: question for question in assessment.questions.all()}
    factories.pick(attempt, questions["Single?"], "London")
    factories.pick(attempt, questions["Several?"], "two", "four")
    factories.answer(attempt, questions["Short?"], {"text": "  MITOSIS "})
    factories.answer(attempt, questions["Essay?"], {"text": "Long thoughts."})
    cat = questions["Pairs?"].answers.get(answer_text="cat")
    factories.answer(attempt, questions["Pairs?"], {"matches": {str(cat.pk): cat.pk}})
    attempt.complete()
    return attempt


def _explained(viewer: User, attempt: AssessmentAttempt, text: str) -> tuple[str, ...]:
    question = Question.objects.get(assessment=attempt.assessment, question_text=text)
    return explain_grade(viewer=viewer, attempt_id=attempt.pk, question_id=question.pk)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "Single?",
            (
                "One choice: the credit of the picked answer counts.",
                "Picked: “London” (credit 0).",
                "2 possible x credit 0: 0 points.",
            ),
        ),
        (
            "Short?",
            (
                "Short answer: the best accepted text that matches counts.",
                "“MITOSIS” matches “mitosis” (upper and lower case are the same): credit 1.",
                "2 possible x credit 1: 2 points.",
            ),
        ),
        (
            "Pairs?",
            (
                "Matching: the share of prompts with their right match; a missing pair is wrong.",
                "“cat” paired with “meows”: right.",
                "“dog” not paired: wrong.",
                "1 of 2 pairs are right: credit 0.5.",
                "2 possible x credit 0.5: 1 points.",
            ),
        ),
        ("Essay?", ("Essay: a person grades it.",)),
        ("Blanks?", ("Nothing was answered: no points.",)),
    ],
)
def test_explain_grade_names_the_rule_the_normalised_response_and_the_credit_of_each_part(
    attempt: AssessmentAttempt, instructor: User, text: str, steps: tuple[str, ...]
) -> None:
    assert _explained(instructor, attempt, text) == steps
    assert _explained(attempt.user, attempt, text) == steps


def test_a_persons_grade_is_explained_as_such(attempt: AssessmentAttempt, instructor: User) -> None:
    grade_answer(
        grader=instructor, task_id=attempt.answers.get(question__question_text="Essay?").pk, points=2
    )
    expected = ("A person gave 2 of 3 points. No regrade changes that.",)
    assert _explained(attempt.user, attempt, "Essay?") == expected


def test_a_key_that_is_corrected_later_explains_nothing_and_a_regrade_is_told(
    attempt: AssessmentAttempt, instructor: User
) -> None:
    explained = _explained(instructor, attempt, "Short?")
    Answer.objects.filter(answer_text="mitosis").update(answer_text="meiosis")
    assert _explained(instructor, attempt, "Short?") == explained
    apply_regrade(grader=instructor, assessment_id=attempt.assessment_id, policy=RegradePolicy.FULL_CREDIT)
    *_, last = _explained(instructor, attempt, "Single?")
    assert last == "It was graded again and has credit 1, 2 points. Give everyone full credit."


def test_staff_get_explanations_of_open_attempts_too(assessment: Assessment, instructor: User) -> None:
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    factories.pick(attempt, assessment.questions.get(question_text="Single?"), "Paris")
    assert "Picked: “Paris” (credit 1)." in _explained(instructor, attempt, "Single?")


def test_an_attempt_whose_time_is_over_is_closed_before_it_is_explained(
    assessment: Assessment,
) -> None:
    learner = factories.make_learner(assessment.lesson.course)
    Assessment.objects.filter(pk=assessment.pk).update(time_limit=30)
    late = factories.make_attempt(learner, Assessment.objects.get(pk=assessment.pk))
    let_time_run_out(late)
    assert _explained(learner, late, "Single?") == ("Nothing was answered: no points.",)
    late.refresh_from_db()
    assert late.is_completed


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"show_correct_answers": False}, id="the key is never shown"),
        pytest.param({"max_attempts": 2}, id="a further attempt is possible"),
    ],
)
def test_the_learner_is_refused_before_the_key_is_visible(
    attempt: AssessmentAttempt, instructor: User, change: dict[str, Any]
) -> None:
    Assessment.objects.filter(pk=attempt.assessment_id).update(**change)
    with pytest.raises(exceptions.PermissionDenied) as refused:
        _explained(attempt.user, attempt, "Single?")
    assert refused.value.field == ("attemptId",)
    assert "London" not in refused.value.message
    assert _explained(instructor, attempt, "Single?")


def test_the_refusal_before_the_key_is_visible_is_the_same_for_every_question(
    attempt: AssessmentAttempt,
) -> None:
    Assessment.objects.filter(pk=attempt.assessment_id).update(show_correct_answers=False)
    foreign = factories.single_choice(factories.make_assessment())
    said = set()
    for question_id in (*attempt.assessment.questions.values_list("pk", flat=True), foreign.pk, 0):
        with pytest.raises(exceptions.PermissionDenied) as refused:
            explain_grade(viewer=attempt.user, attempt_id=attempt.pk, question_id=question_id)
        said.add((refused.value.message, refused.value.field))
    assert len(said) == 1


def test_other_peoples_attempts_are_not_found(attempt: AssessmentAttempt) -> None:
    for person in (factories.make_learner(attempt.assessment.lesson.course), factories.make_user()):
        with pytest.raises(exceptions.NotFound) as refused:
            _explained(person, attempt, "Single?")
        assert refused.value.field == ("attemptId",)


def test_a_question_of_another_assessment_is_not_found(attempt: AssessmentAttempt, instructor: User) -> None:
    foreign = factories.single_choice(factories.make_assessment())
    with pytest.raises(exceptions.NotFound) as refused:
        explain_grade(viewer=instructor, attempt_id=attempt.pk, question_id=foreign.pk)
    assert refused.value.field == ("questionId",)


# ---------------------------------------------------------------- trying a key out

SEVERAL: Any = {
    "question_type": QuestionType.MULTIPLE_CHOICE,
    "text": "Which are even?",
    "points": 4,
    "answers": [{"text": "2", "is_correct": True}, {"text": "3"}, {"text": "4", "is_correct": True}],
}


def _tried(author: User, draft: Any, *given: Any) -> Any:
    responses = [(response, ("responses", str(place))) for place, response in enumerate(given)]
    return try_grade(author=author, draft=draft, responses=responses)


def test_a_key_is_tried_on_responses_that_name_answers_by_position(instructor: User) -> None:
    factories.make_course(instructors=(instructor,))
    grades = _tried(
        instructor, SEVERAL, {"choices": [0, 2]}, {"choices": [0]}, {"choices": [0, 1, 2]}, {"choices": []}
    )
    assert [(grade.correctness, grade.credit, grade.points) for grade in grades] == [
        (Correctness.CORRECT, 1, 4),
        (Correctness.PARTIAL, 0.5, 2),
        (Correctness.PARTIAL, 0.5, 2),
        (Correctness.UNANSWERED, 0, 0),
    ]


def test_trying_a_key_writes_nothing(instructor: User) -> None:
    factories.make_course(instructors=(instructor,))
    _tried(instructor, SEVERAL, {"choices": [0]})
    assert not any(model.objects.exists() for model in (Question, Answer, AttemptAnswer))


def test_pairs_and_blanks_are_tried_by_position_and_key(instructor: User) -> None:
    factories.make_course(instructors=(instructor,))
    pairs: Any = {
        "question_type": QuestionType.MATCHING,
        "text": "Who says what?",
        "points": 2,
        "answers": [{"text": "cat", "match_text": "meows"}, {"text": "dog", "match_text": "barks"}],
    }
    (grade,) = _tried(instructor, pairs, {"matches": [(0, 0), (1, 0)]})
    assert (grade.correctness, grade.points) == (Correctness.PARTIAL, 1)
    blanks: Any = {
        "question_type": QuestionType.FILL_BLANK,
        "text": "Water is [[water]].",
        "answers": [{"text": "H2O", "blank_key": "water", "is_correct": True}],
    }
    (grade,) = _tried(instructor, blanks, {"blanks": [("water", "h2o")]})
    assert grade.correctness == Correctness.CORRECT


def test_only_people_who_teach_or_may_create_courses_try_keys(instructor: User) -> None:
    for person in (instructor, factories.make_learner(factories.make_course())):
        with pytest.raises(exceptions.PermissionDenied):
            _tried(person, SEVERAL, {"choices": [0]})
    factories.make_course(instructors=(instructor,))
    for person in (instructor, factories.make_staff()):
        assert _tried(person, SEVERAL, {"choices": [0]})


@pytest.mark.parametrize(
    "given", [{"choices": [3]}, {"choices": [0, 0]}, {"text": "2"}], ids=["no such place", "twice", "a text"]
)
def test_a_response_that_does_not_fit_the_question_is_refused(instructor: User, given: Any) -> None:
    factories.make_course(instructors=(instructor,))
    with pytest.raises(exceptions.ResponseMismatch) as refused:
        _tried(instructor, SEVERAL, {"choices": [0]}, given)
    assert refused.value.field == ("responses", "1", "choices")


def test_a_question_that_can_never_be_right_is_refused_with_the_place_of_the_fault(instructor: User) -> None:
    factories.make_course(instructors=(instructor,))
    with pytest.raises(ValidationError) as refused:
        _tried(instructor, SEVERAL | {"points": 0}, {"choices": [0]})
    assert list(refused.value.message_dict) == ["question.points"]


def test_at_most_a_hundred_responses_are_tried_at_once(instructor: User) -> None:
    factories.make_course(instructors=(instructor,))
    assert len(_tried(instructor, SEVERAL, *[{"choices": [0]}] * MAX_TRIED_RESPONSES)) == 100
    with pytest.raises(exceptions.Invalid, match="at most 100") as refused:
        _tried(instructor, SEVERAL, *[{"choices": [0]}] * (MAX_TRIED_RESPONSES + 1))
    assert refused.value.field == ("responses",)
