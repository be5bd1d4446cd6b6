"""A single choice stays one in every attempt that was asked it, whatever becomes of its key."""

from importlib import import_module

import pytest
from django.db import connection

from courses.constants import RegradePolicy
from courses.models import Answer, Assessment, AssessmentAttempt, User
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.services.explaining import explain_grade
from courses.services.regrading import apply_regrade
from tests import factories
from tests.taking import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def assessment() -> Assessment:
    course = factories.make_course(instructors=(factories.make_user(),))
    assessment = factories.make_assessment(
        lesson=factories.make_lesson(course=course), max_attempts=1, show_correct_answers=True
    )
    factories.single_choice(assessment, right="Paris", wrong=("Lyon", "Nice"), points=4)
    return assessment


def _take(assessment: Assessment, pick: str) -> AssessmentAttempt:
    learner = factories.make_learner(assessment.lesson.course)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    answer = given(attempt, assessment.questions.get(), pick)
    submit_answers(learner=learner, attempt_id=attempt.pk, responses=[answer])
    return complete_attempt(learner=learner, attempt_id=attempt.pk)


def _both_are_right() -> None:
    Answer.objects.filter(answer_text="Lyon").update(is_correct=True)


@pytest.mark.parametrize("policy", RegradePolicy)
def test_any_pick_that_the_key_now_calls_right_earns_full_credit(
    assessment: Assessment, policy: RegradePolicy
) -> None:
    attempts = [_take(assessment, pick) for pick in ("Paris", "Lyon", "Nice")]
    _both_are_right()
    apply_regrade(grader=_teacher(assessment), assessment_id=assessment.pk, policy=policy)
    for attempt in attempts:
        attempt.refresh_from_db()
    wrong = 4 if policy == RegradePolicy.FULL_CREDIT else 0
    assert [attempt.score for attempt in attempts] == [4, 4, wrong]


@pytest.mark.parametrize("pick", ["Paris", "Lyon"])
def test_it_is_graded_so_too_where_the_key_was_mended_while_somebody_worked(
    assessment: Assessment, pick: str
) -> None:
    learner = factories.make_learner(assessment.lesson.course)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    _both_are_right()
    answer = given(attempt, assessment.questions.get(), pick)
    done = complete_attempt(learner=learner, attempt_id=attempt.pk, responses=[answer])
    assert (done.score, done.max_score) == (4, 4)
    assert explain_grade(
        viewer=learner, attempt_id=attempt.pk, question_id=assessment.questions.get().pk
    ) == (
        "One choice: the credit of the picked answer counts.",
        f"Picked: “{pick}” (credit 1).",
        "4 possible x credit 1: 4 points.",
    )


def test_one_that_was_asked_as_several_is_weighed_so_though_one_answer_is_left(
    assessment: Assessment,
) -> None:
    _both_are_right()
    learner = factories.make_learner(assessment.lesson.course)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    question = assessment.questions.get()
    submit_answers(
        learner=learner, attempt_id=attempt.pk, responses=[given(attempt, question, "Paris", "Lyon")]
    )
    Answer.objects.filter(answer_text="Lyon").update(is_correct=False)
    submit_answers(
        learner=learner, attempt_id=attempt.pk, responses=[given(attempt, question, "Paris", "Lyon", "Nice")]
    )
    assert complete_attempt(learner=learner, attempt_id=attempt.pk).score == 0
    assert attempt.layout["questions"][0]["selection"] == "multiple"


def _teacher(assessment: Assessment) -> User:
    return assessment.lesson.course.instructors.get()


def test_attempts_of_before_are_given_what_their_key_allows_now_or_what_was_done(
    assessment: Assessment,
) -> None:
    factories.multiple_response(assessment, right=("a", "b"), wrong=("c",))
    factories.true_false(assessment)
    factories.short_answer(assessment, "x")
    mended = factories.multiple_response(assessment, right=("d", "e"), wrong=("f",))
    learner = factories.make_learner(assessment.lesson.course)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    submit_answers(learner=learner, attempt_id=attempt.pk, responses=[given(attempt, mended, "d", "e")])
    Answer.objects.filter(answer_text="e").update(is_correct=False)
    written = attempt.layout
    assert [entry.get("selection") for entry in written["questions"]] == [
        "single", "multiple", "single", None, "multiple",
    ]  # fmt: skip
    before = {**written, "questions": [dict(entry) for entry in written["questions"]]}
    for entry in before["questions"]:
        entry.pop("selection", None)
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(layout=before)
    with connection.cursor() as cursor:
        cursor.execute(import_module("courses.migrations.0005_selection_in_layouts").ADD_SELECTION)
    attempt.refresh_from_db()
    assert attempt.layout == written
