"""Exact points through completion, grading by hand, regrading and statistics, and the decimal comma there."""

from decimal import Decimal
from typing import Any

import pytest

from courses.constants import AttemptEnd, RegradePolicy, TextMatch
from courses.models import (
    Answer,
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Course,
    GradeChange,
    Question,
    User,
)
from courses.selectors.course_figures import course_figures
from courses.selectors.item_analysis import item_analyses
from courses.selectors.learner_figures import learner_figures
from courses.services.attempt_endings import close_expired_attempts
from courses.services.attempt_responses import GivenResponse
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.services.explaining import explain_grade
from courses.services.grading import grade_answer
from courses.services.regrading import apply_regrade, preview_regrade
from courses.utils.clock import database_now
from tests import factories
from tests.taking import let_time_run_out

pytestmark = pytest.mark.django_db

EXACT, NEVER_LOWER = RegradePolicy.EXACT, RegradePolicy.NEVER_LOWER
A_THIRD = Decimal("0.333333333333333333")


@pytest.fixture
def instructor() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(instructor: User) -> Assessment:
    """One attempt; the key is shown after it. The questions are the tests' own."""
    course = factories.make_course(instructors=(instructor,))
    return factories.make_assessment(lesson=factories.make_lesson(course=course), max_attempts=1)


def _begun(assessment: Assessment) -> AssessmentAttempt:
    return factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)


def _a_third(attempt: AssessmentAttempt, *questions: Any) -> None:
    """Pair one of three prompts rightly in each of the questions."""
    for question in questions:
        first = question.answers.order_by("order").first()
        factories.answer(attempt, question, {"matches": {str(first.pk): first.pk}})


def _three_pairs(assessment: Assessment, points: int) -> Any:
    return factories.matching(assessment, {"a": "1", "b": "2", "c": "3"}, points=points)


def _exact(attempt: AssessmentAttempt) -> list[Decimal | None]:
    return list(attempt.answers.order_by("question__order").values_list("exact_points", flat=True))


def test_thirds_of_three_points_are_whole_and_three_thirds_of_a_point_are_one(assessment: Assessment) -> None:
    """6 points in all, of which 50 percent pass: 1 and three thirds and 1 are exactly 3."""
    questions = [_three_pairs(assessment, points) for points in (3, 1, 1, 1)]
    Assessment.objects.filter(pk=assessment.pk).update(passing_score=33)
    attempt = _begun(Assessment.objects.get(pk=assessment.pk))
    _a_third(attempt, *questions)
    attempt.complete()
    attempt.refresh_from_db()
    assert _exact(attempt) == [1, A_THIRD, A_THIRD, A_THIRD]
    assert (attempt.exact_score, attempt.score, attempt.max_score) == (2, 1, 6)
    assert (attempt.is_passed, attempt.score_percentage) == (True, Decimal("33.33"))


def test_a_sum_of_thirds_reaches_a_pass_mark_that_it_equals(assessment: Assessment) -> None:
    questions = [_three_pairs(assessment, 1) for _ in range(3)]
    factories.single_choice(assessment, points=1)
    attempt = _begun(assessment)
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(passing_score=25)
    attempt.refresh_from_db()
    _a_third(attempt, *questions)
    attempt.complete()
    assert (attempt.exact_score, attempt.is_passed) == (1, True)


def test_an_attempt_closed_by_the_timer_has_exact_points_too(assessment: Assessment) -> None:
    question = factories.multiple_response(assessment, points=1)
    Assessment.objects.filter(pk=assessment.pk).update(time_limit=30)
    attempt = _begun(Assessment.objects.get(pk=assessment.pk))
    factories.pick(attempt, question, "a")
    let_time_run_out(attempt)
    close_expired_attempts()
    attempt.refresh_from_db()
    assert (attempt.ended_by, attempt.exact_score, attempt.score) == (AttemptEnd.TIMER, Decimal("0.5"), 1)


def test_what_a_person_gives_is_exact_and_recorded_so(assessment: Assessment, instructor: User) -> None:
    essay = factories.essay(assessment, points=3)
    attempt = _begun(assessment)
    task = factories.answer(attempt, essay, {"text": "Because."})
    attempt.complete()
    assert (attempt.exact_score, _exact(attempt)) == (0, [None])
    for points in (1, 2):
        attempt = grade_answer(grader=instructor, task_id=task.pk, points=points)
        assert (attempt.exact_score, _exact(attempt), attempt.score) == (points, [points], points)
    changes = GradeChange.objects.order_by("pk").values_list("old_points", "new_points", "new_credit")
    assert list(changes) == [(None, 1, Decimal("0.3333333333")), (1, 2, Decimal("0.6666666667"))]


def test_grading_one_answer_leaves_the_thirds_of_others_as_they_are(
    assessment: Assessment, instructor: User
) -> None:
    thirds, essay = [_three_pairs(assessment, 1) for _ in range(3)], factories.essay(assessment, points=1)
    attempt = _begun(assessment)
    _a_third(attempt, *thirds)
    task = factories.answer(attempt, essay, {"text": "Because."})
    attempt.complete()
    attempt = grade_answer(grader=instructor, task_id=task.pk, points=1)
    assert (attempt.exact_score, attempt.is_passed) == (2, True)
    assert _exact(attempt) == [A_THIRD, A_THIRD, A_THIRD, 1]
    assert GradeChange.objects.count() == 1
    assert preview_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT) == []


def test_a_regrade_of_less_than_a_point_is_a_change(assessment: Assessment, instructor: User) -> None:
    question = factories.single_choice(assessment, points=1, wrong=("partly",))
    Answer.objects.filter(answer_text="partly").update(credit="0.6")
    attempt = _begun(assessment)
    factories.pick(attempt, question, "partly")
    attempt.complete()
    Answer.objects.filter(answer_text="partly").update(credit="0.5001")
    assert preview_regrade(grader=instructor, assessment_id=assessment.pk, policy=NEVER_LOWER) == []
    [change] = apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT)
    assert (change.attempt.exact_score, change.result.exact_score) == (Decimal("0.6"), Decimal("0.5001"))
    assert (change.attempt.score, change.result.score) == (1, 1)
    attempt.refresh_from_db()
    assert (attempt.exact_score, attempt.is_passed, _exact(attempt)) == (
        Decimal("0.5001"),
        True,
        [Decimal("0.5001")],
    )
    recorded = GradeChange.objects.values_list("old_points", "new_points").get()
    assert recorded == (Decimal("0.6"), Decimal("0.5001"))


def test_a_regrade_believes_credits_where_exact_points_are_missing_or_of_another_grade(
    assessment: Assessment, instructor: User
) -> None:
    question = factories.multiple_response(assessment, points=3)
    attempt = _begun(assessment)
    factories.pick(attempt, question, "a")
    attempt.complete()
    AttemptAnswer.objects.update(exact_points=None)
    assert preview_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT) == []
    AttemptAnswer.objects.update(exact_points=3)
    [change] = apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT)
    assert (change.result.exact_score, _exact(attempt)) == (Decimal("1.5"), [Decimal("1.5")])


def test_statistics_of_course_learner_and_items_count_exact_points(
    assessment: Assessment, instructor: User
) -> None:
    question = factories.multiple_response(assessment, points=1)
    attempts = []
    for texts in (("a",), ("a", "b"), ("c",)):
        attempt = _begun(assessment)
        factories.pick(attempt, question, *texts)
        attempt.complete()
        attempts.append(attempt)
    [course] = course_figures([assessment.lesson.course_id], now=database_now())
    figures = course.assessment_stats[str(assessment.pk)]
    assert (figures["average_percentage"], figures["pass_rate"]) == ("50.00", "66.67")
    learners = learner_figures([attempt.user_id for attempt in attempts], now=database_now())
    assert {row.user_id: row.assessment_avg_score for row in learners} == {
        attempts[0].user_id: 50,
        attempts[1].user_id: 100,
        attempts[2].user_id: 0,
    }
    analysis = item_analyses(instructor, [assessment.pk])[assessment.pk]
    assert (analysis.mean, analysis.items[0].facility) == (Decimal("0.5000"), Decimal("0.5000"))


def test_item_analysis_adds_thirds_up_without_loss(assessment: Assessment, instructor: User) -> None:
    question = _three_pairs(assessment, 3)
    for _ in range(3):
        attempt = _begun(assessment)
        _a_third(attempt, question)
        attempt.complete()
    analysis = item_analyses(instructor, [assessment.pk])[assessment.pk]
    assert (analysis.mean, analysis.standard_deviation) == (Decimal("1.0000"), Decimal("0.0000"))


def test_an_attempt_that_is_added_as_completed_counts_the_score_that_it_brings(
    assessment: Assessment,
) -> None:
    factories.single_choice(assessment, points=10)
    learner = factories.make_learner(assessment.lesson.course)
    attempt = factories.make_attempt(learner, assessment, is_completed=True, score=7)
    assert (attempt.exact_score, attempt.is_passed, attempt.score_percentage) == (7, True, Decimal("70.00"))


# ---------------------------------------------------------------- decimal comma


@pytest.fixture
def pi(assessment: Assessment) -> Any:
    question = factories.short_answer(assessment, "3.14", points=1)
    question.answers.update(text_match=TextMatch.NUMERIC)
    return question


def _with_comma(assessment: Assessment) -> None:
    Course.objects.filter(pk=assessment.lesson.course_id).update(decimal_comma=True)


@pytest.mark.parametrize(("text", "credit"), [("3,14", 1), ("3.14", 1), ("3,140", 0)])
def test_completion_and_explanation_read_a_comma_as_the_course_says(
    assessment: Assessment, pi: Any, text: str, credit: int
) -> None:
    _with_comma(assessment)
    attempt = _begun(Assessment.objects.get(pk=assessment.pk))
    row = factories.answer(attempt, Question.objects.get(pk=pi.pk), {"text": text})
    assert row.credit == credit
    attempt.complete()
    assert (attempt.exact_score, attempt.is_passed) == (credit, bool(credit))
    steps = explain_grade(viewer=attempt.user, attempt_id=attempt.pk, question_id=pi.pk)
    assert f"credit {credit}" in steps[1]
    assert len(steps) == 3


def test_a_regrade_reads_commas_as_the_course_says_now(
    assessment: Assessment, pi: Any, instructor: User
) -> None:
    attempt = _begun(assessment)
    factories.answer(attempt, pi, {"text": "3,14"})
    attempt.complete()
    assert attempt.exact_score == 0
    assert preview_regrade(grader=instructor, assessment_id=assessment.pk, policy=NEVER_LOWER) == []
    _with_comma(assessment)
    [change] = apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=NEVER_LOWER)
    assert (change.attempt.pk, change.result.exact_score) == (attempt.pk, 1)
    assert "credit 1" in _steps(attempt, pi)[1]


def _steps(attempt: AssessmentAttempt, question: Any) -> tuple[str, ...]:
    return explain_grade(viewer=attempt.user, attempt_id=attempt.pk, question_id=question.pk)


@pytest.mark.parametrize("before", [True, False])
def test_how_a_comma_was_read_stays_as_the_grade_does_until_a_regrade(
    assessment: Assessment, pi: Any, before: bool
) -> None:
    course = Course.objects.filter(pk=assessment.lesson.course_id)
    course.update(decimal_comma=before)
    attempt = _begun(Assessment.objects.get(pk=assessment.pk))
    row = factories.answer(attempt, Question.objects.get(pk=pi.pk), {"text": "3,14"})
    attempt.complete()
    steps = _steps(attempt, pi)

    course.update(decimal_comma=not before)

    row.refresh_from_db()
    assert row.credit == int(before)
    assert _steps(AssessmentAttempt.objects.get(pk=attempt.pk), pi) == steps
    assert f"credit {int(before)}" in steps[1]


@pytest.mark.parametrize("before", [True, False])
def test_a_change_between_start_and_completion_counts_like_a_mended_key(
    assessment: Assessment, pi: Any, before: bool
) -> None:
    course = Course.objects.filter(pk=assessment.lesson.course_id)
    course.update(decimal_comma=before)
    learner = factories.make_learner(course.get())
    started = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    submit_answers(learner=learner, attempt_id=started.pk, responses=[GivenResponse(pi.pk, {"text": "3,14"})])
    course.update(decimal_comma=not before)

    complete_attempt(learner=learner, attempt_id=started.pk)

    row = AttemptAnswer.objects.get(attempt=started.pk, question=pi)
    asked = started.layout["questions"][0]["version"]
    assert (row.credit, row.graded_version_id != asked) == (int(not before), True)
    assert f"credit {int(not before)}" in _steps(AssessmentAttempt.objects.get(pk=started.pk), pi)[1]


def test_only_numbers_get_a_version_by_the_comma_and_only_one_for_each(
    assessment: Assessment, pi: Any
) -> None:
    course = Course.objects.filter(pk=assessment.lesson.course_id)
    word = factories.short_answer(assessment, "tea", points=1)
    for accepts in (False, True, False, True):
        course.update(decimal_comma=accepts)
        learner = factories.make_learner(course.get())
        complete_attempt(
            learner=learner,
            attempt_id=start_attempt(learner=learner, assessment_id=assessment.pk).attempt.pk,
        )

    assert pi.versions.count() == 2
    assert word.versions.count() == 1
