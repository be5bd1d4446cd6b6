"""Grading again after a key was corrected: looked at first, then done, and recorded."""

from typing import Any

import pytest

from courses.constants import GradeChangeReason, RegradePolicy
from courses.models import Answer, Assessment, AssessmentAttempt, AttemptAnswer, GradeChange, User
from courses.services.grading import grade_answer
from courses.services.regrading import apply_regrade, preview_regrade
from courses.services.results import Correction
from tests import factories
from tests.capitals import all_that_a_regrade_may_write, correct_the_key, make_capitals, take

pytestmark = pytest.mark.django_db

NEVER_LOWER, EXACT, FULL_CREDIT = RegradePolicy.NEVER_LOWER, RegradePolicy.EXACT, RegradePolicy.FULL_CREDIT


@pytest.fixture
def instructor() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(instructor: User) -> Assessment:
    return make_capitals(instructor)


def _scores(corrections: list[Correction]) -> dict[int, tuple[int, int]]:
    return {each.attempt.pk: (each.attempt.score, each.result.score) for each in corrections}


def test_correcting_a_key_changes_no_old_result_by_itself(assessment: Assessment) -> None:
    attempt = take(assessment, "Lyon", None, "Bern")
    correct_the_key()
    attempt.refresh_from_db()
    attempt.save()
    assert (attempt.score, AttemptAnswer.objects.filter(attempt=attempt, points_earned=4).count()) == (5, 0)


@pytest.mark.parametrize(
    ("policy", "paris", "lyon", "nothing"),
    [
        pytest.param(NEVER_LOWER, None, (0, 4), None, id="never lower raises only"),
        pytest.param(EXACT, (4, 0), (0, 4), None, id="exact goes both ways"),
        pytest.param(FULL_CREDIT, (4, 10), (0, 10), (0, 10), id="full credit for all, answered or not"),
    ],
)
def test_every_policy_does_to_each_attempt_what_it_says(
    assessment: Assessment,
    instructor: User,
    policy: RegradePolicy,
    paris: Any,
    lyon: Any,
    nothing: Any,
) -> None:
    attempts = [take(assessment, "Paris"), take(assessment, "Lyon"), take(assessment, None)]
    correct_the_key()
    expected = {
        attempt.pk: scores
        for attempt, scores in zip(attempts, (paris, lyon, nothing), strict=True)
        if scores is not None
    }
    preview = preview_regrade(grader=instructor, assessment_id=assessment.pk, policy=policy)
    assert _scores(preview) == expected
    applied = apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=policy)
    assert applied == preview
    for attempt in attempts:
        attempt.refresh_from_db()
        assert attempt.score == expected.get(attempt.pk, (0, attempt.score))[1]
        assert attempt.score == sum(attempt.answers.values_list("points_earned", flat=True))
        assert attempt.is_passed is (attempt.score >= 5)


def test_a_preview_writes_nothing(assessment: Assessment, instructor: User) -> None:
    take(assessment, "Paris")
    take(assessment, "Lyon")
    correct_the_key()
    before = all_that_a_regrade_may_write()
    for policy in RegradePolicy:
        assert preview_regrade(grader=instructor, assessment_id=assessment.pk, policy=policy)
    assert all_that_a_regrade_may_write() == before


def test_applying_twice_changes_nothing_the_second_time(assessment: Assessment, instructor: User) -> None:
    take(assessment, "Lyon")
    correct_the_key()
    apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT)
    before = all_that_a_regrade_may_write()
    assert apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT) == []
    assert all_that_a_regrade_may_write() == before


def test_each_changed_grade_is_recorded(assessment: Assessment, instructor: User) -> None:
    attempt = take(assessment, "Lyon", None, "Bern")
    apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    recorded = GradeChange.objects.order_by("attempt_answer__question__order").values_list(
        "attempt_answer__question__order",
        "attempt_answer__attempt",
        "changed_by",
        "reason",
        "note",
        "old_credit",
        "new_credit",
        "old_points",
        "new_points",
    )
    how = (attempt.pk, instructor.pk, GradeChangeReason.REGRADE, "Give everyone full credit")
    assert list(recorded) == [(1, *how, 0, 1, 0, 4), (2, *how, 0, 1, 0, 1)]


def test_a_question_that_was_left_out_gets_a_blank_answer_with_its_credit(
    assessment: Assessment, instructor: User
) -> None:
    attempt = take(assessment, None, "Rome", None)
    apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    added = attempt.answers.get(question__order=1)
    assert (added.response, added.credit, added.is_correct, added.points_earned, added.answered_at) == (
        None,
        1,
        True,
        4,
        attempt.end_time,
    )


def test_a_regrade_can_be_limited_to_some_questions(assessment: Assessment, instructor: User) -> None:
    attempt = take(assessment, "Lyon", "Paris", "Basel")
    third = assessment.questions.get(order=3)
    changes = apply_regrade(
        grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT, question_ids=[third.pk]
    )
    assert _scores(changes) == {attempt.pk: (0, 5)}
    assert list(attempt.answers.order_by("question__order").values_list("points_earned", flat=True)) == [
        0,
        0,
        5,
    ]


def test_open_attempts_go_on_untouched_and_are_graded_by_the_new_key(
    assessment: Assessment, instructor: User
) -> None:
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    factories.pick(attempt, assessment.questions.get(order=1), "Lyon")
    correct_the_key()
    before = all_that_a_regrade_may_write()
    assert apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT) == []
    assert all_that_a_regrade_may_write() == before
    attempt.complete()
    assert attempt.score == 4


def test_attempts_of_other_assessments_stay(assessment: Assessment, instructor: User) -> None:
    take(assessment, "Lyon")
    other = factories.make_assessment()
    elsewhere = factories.make_attempt(factories.make_learner(other.lesson.course), other)
    factories.pick(elsewhere, factories.single_choice(other), "wrong")
    elsewhere.complete()
    apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    elsewhere.refresh_from_db()
    assert elsewhere.score == 0


def test_an_essay_that_waits_for_a_person_goes_on_waiting(assessment: Assessment, instructor: User) -> None:
    essay = factories.essay(assessment, points=10)
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    waiting = factories.answer(attempt, essay, {"text": "Thoughts"})
    attempt.complete()
    (change,) = apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    assert (change.result.score, change.result.max_score, change.result.is_passed) == (10, 20, True)
    assert AttemptAnswer.objects.get(pk=waiting.pk).credit is None


def test_a_regrade_leaves_alone_what_a_person_graded_and_corrects_the_rest(
    assessment: Assessment, instructor: User
) -> None:
    attempt = take(assessment, "Lyon", "Paris", None)
    by_person = attempt.answers.get(question__order=2)
    grade_answer(grader=instructor, task_id=by_person.pk, points=0, feedback="No.")
    apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    by_person.refresh_from_db()
    assert (by_person.credit, by_person.feedback, by_person.graded_by) == (0, "No.", instructor)
    attempt.refresh_from_db()
    assert attempt.score == 9


def test_points_that_were_edited_change_no_result_that_a_learner_has(
    assessment: Assessment, instructor: User
) -> None:
    attempt = take(assessment, "Paris", "Rome", "Bern")
    before = (attempt.score, attempt.max_score, attempt.is_passed)
    assessment.questions.update(points=1)
    for policy in RegradePolicy:
        assert apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=policy) == []
    attempt.refresh_from_db()
    assert (attempt.score, attempt.max_score, attempt.is_passed) == before


def test_the_pass_mark_is_that_of_the_start_of_the_attempt(assessment: Assessment, instructor: User) -> None:
    attempt = take(assessment, "Lyon", "Rome", None)
    Assessment.objects.filter(pk=assessment.pk).update(passing_score=100)
    correct_the_key()
    (change,) = apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT)
    assert (change.attempt.is_passed, change.result.is_passed) == (False, True)
    attempt.refresh_from_db()
    assert attempt.is_passed is True


def test_equal_responses_that_were_graded_differently_each_keep_the_better(
    assessment: Assessment, instructor: User
) -> None:
    before = take(assessment, None, "Rome")
    Answer.objects.filter(answer_text="Rome").update(answer_text="Roma")
    after = take(assessment, None, "Rome")
    assert apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=NEVER_LOWER) == []
    (change,) = apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT)
    assert (change.attempt, change.result.score) == (before, 0)
    assert AttemptAnswer.objects.get(attempt=after).points_earned == 0


def test_a_question_that_is_gone_is_no_longer_counted(assessment: Assessment, instructor: User) -> None:
    attempt = take(assessment, None, "Rome", "Bern")
    attempt.layout["questions"][0] = {"id": 10**9, "points": 4}  # before questions in use were kept
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(layout=attempt.layout)
    apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    attempt.refresh_from_db()
    assert (attempt.score, attempt.max_score) == (6, 6)
