"""People who grade, correct and hand in at the same moment."""

from typing import Any

import pytest

from courses.constants import RegradePolicy
from courses.models import (
    Answer,
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Event,
    GradeChange,
    Notification,
    User,
)
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.services.events import settle
from courses.services.grading import grade_answer
from courses.services.question_editing import update_question
from courses.services.regrading import apply_regrade
from tests import factories
from tests.concurrency import at_once, one_after_the_other
from tests.taking import given

pytestmark = pytest.mark.django_db(transaction=True)

GRADERS = 8


@pytest.fixture
def instructor() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(instructor: User) -> Assessment:
    """A single choice and as many essays as there are graders, each of two points."""
    course = factories.make_course(instructors=(instructor,))
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course), passing_score=100)
    factories.single_choice(assessment, points=2)
    for _ in range(GRADERS):
        factories.essay(assessment, points=2)
    return assessment


@pytest.fixture
def attempt(assessment: Assessment) -> AssessmentAttempt:
    """Handed in, with the choice picked wrongly and every essay written."""
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    single, *essays = assessment.questions.order_by("order")
    factories.pick(attempt, single, "wrong")
    for essay in essays:
        factories.answer(attempt, essay, {"text": "Something"})
    attempt.complete()
    return attempt


def _essays(attempt: AssessmentAttempt) -> list[int]:
    answers = attempt.answers.filter(question__question_type="essay").order_by("pk")
    return list(answers.values_list("pk", flat=True))


def _assert_the_score_is_the_sum(attempt: AssessmentAttempt) -> None:
    attempt.refresh_from_db()
    assert attempt.score == sum(
        AttemptAnswer.objects.filter(attempt=attempt).values_list("points_earned", flat=True)
    )


def test_graders_of_the_last_answers_at_once_tell_the_learner_exactly_once(
    attempt: AssessmentAttempt, instructor: User
) -> None:
    tasks = _essays(attempt)
    raised = at_once(
        lambda number: grade_answer(grader=instructor, task_id=tasks[number], points=2) and None, GRADERS
    )
    assert raised == []
    assert Notification.objects.filter(user=attempt.user).count() == 1
    attempt.refresh_from_db()
    assert (attempt.score, attempt.is_passed) == (2 * GRADERS, False)


def test_two_graders_of_one_answer_tell_the_learner_once_and_both_are_recorded(
    attempt: AssessmentAttempt, instructor: User
) -> None:
    *others, last = _essays(attempt)
    for task in others:
        grade_answer(grader=instructor, task_id=task, points=0)
    raised = at_once(
        lambda number: grade_answer(grader=instructor, task_id=last, points=1 + number) and None, 2
    )
    assert raised == []
    assert Notification.objects.count() == 1
    first, second = GradeChange.objects.filter(attempt_answer=last).order_by("pk")
    assert (first.old_points, second.old_points) == (None, first.new_points)
    assert {first.new_points, second.new_points} == {1, 2}
    _assert_the_score_is_the_sum(attempt)


def test_a_regrade_that_races_with_graders_loses_nothing_of_either(
    assessment: Assessment, attempt: AssessmentAttempt, instructor: User
) -> None:
    tasks = _essays(attempt)
    Answer.objects.filter(answer_text="right").update(is_correct=False)
    Answer.objects.filter(answer_text="wrong").update(is_correct=True)

    def work(number: int) -> None:
        if number < 2:
            apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=RegradePolicy.EXACT)
        else:
            grade_answer(grader=instructor, task_id=tasks[number - 2], points=1)

    assert at_once(work, GRADERS) == []
    _assert_the_score_is_the_sum(attempt)
    assert attempt.score == 2 + (GRADERS - 2)
    assert GradeChange.objects.filter(reason="regrade").count() == 1


def test_a_regrade_waits_for_a_grader_and_counts_what_that_one_gave(
    assessment: Assessment, attempt: AssessmentAttempt, instructor: User
) -> None:
    task = _essays(attempt)[0]
    one_after_the_other(
        lambda: grade_answer(grader=instructor, task_id=task, points=1),
        lambda: apply_regrade(
            grader=instructor, assessment_id=assessment.pk, policy=RegradePolicy.FULL_CREDIT
        ),
    )
    _assert_the_score_is_the_sum(attempt)
    assert attempt.score == 3


def test_a_regrade_waits_for_an_author_and_grades_by_the_key_that_was_written(
    assessment: Assessment, attempt: AssessmentAttempt, instructor: User
) -> None:
    single = assessment.questions.get(order=1)
    answers: Any = [{"text": "right"}, {"text": "wrong", "is_correct": True}]
    one_after_the_other(
        lambda: update_question(author=instructor, question_id=single.pk, draft={"answers": answers}),
        lambda: apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=RegradePolicy.EXACT),
    )
    _assert_the_score_is_the_sum(attempt)
    assert attempt.score == 2


def test_regrades_at_once_record_each_change_once(assessment: Assessment, instructor: User) -> None:
    attempts = []
    for _ in range(10):
        attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
        factories.pick(attempt, assessment.questions.get(order=1), "wrong")
        attempt.complete()
        attempts.append(attempt)

    def regrade(_number: int) -> None:
        apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=RegradePolicy.FULL_CREDIT)

    assert at_once(regrade, GRADERS) == []
    assert GradeChange.objects.count() == len(attempts)
    assert Notification.objects.count() == len(attempts)
    for attempt in attempts:
        _assert_the_score_is_the_sum(attempt)


def test_regrades_among_saves_and_completions_leave_every_attempt_with_the_score_of_its_responses(
    assessment: Assessment, instructor: User
) -> None:
    single = assessment.questions.get(order=1)
    essay = assessment.questions.get(order=2)

    def begun() -> AssessmentAttempt:
        learner = factories.make_learner(assessment.lesson.course)
        attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
        saved = [given(attempt, single, "wrong"), given(attempt, essay, "Thoughts.")]
        return submit_answers(learner=learner, attempt_id=attempt.pk, responses=saved)

    finished, running = [begun() for _ in range(4)], [begun() for _ in range(4)]
    for attempt in finished:
        complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    answers: Any = [{"text": "right"}, {"text": "wrong", "is_correct": True}]
    update_question(author=instructor, question_id=single.pk, draft={"answers": answers})

    def work(number: int) -> None:
        if number < 3:
            for _ in range(3):
                apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=RegradePolicy.EXACT)
        elif number < 7:
            task = finished[number - 3].answers.get(question=essay)
            grade_answer(grader=instructor, task_id=task.pk, points=1)
        else:
            attempt = running[number - 7]
            for text in ("right", "wrong", "right", "wrong")[: 3 + number % 2]:
                submit_answers(
                    learner=attempt.user, attempt_id=attempt.pk, responses=[given(attempt, single, text)]
                )
            complete_attempt(learner=attempt.user, attempt_id=attempt.pk)

    assert at_once(work, 3 + len(finished) + len(running)) == []

    settle()
    told = {
        attempt.pk: list(
            Event.objects.filter(subject_id=attempt.pk, type__startswith="attempt.")
            .order_by("pk")
            .values_list("type", "revision")
        )
        for attempt in (*finished, *running)
    }
    for attempt in finished:
        _assert_the_score_is_the_sum(attempt)
        assert (attempt.exact_score, attempt.answers.get(question=single).credit) == (2 + 1, 1)
        types = [name for name, _ in told[attempt.pk]]
        assert types[:3] == ["attempt.started", "attempt.saved", "attempt.completed"]
        assert sorted(types[3:]) == ["attempt.graded", "attempt.regraded"]
    for number, attempt in enumerate(running, start=7):
        _assert_the_score_is_the_sum(attempt)
        assert attempt.exact_score == (2 if number % 2 else 0)
        types = [name for name, _ in told[attempt.pk]]
        assert types == ["attempt.started", "attempt.saved", "attempt.completed"]
    for events in told.values():
        revisions = [revision for _, revision in events if revision is not None]
        assert revisions == sorted(revisions)
    assert GradeChange.objects.filter(reason="regrade").count() == len(finished)
    assert apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=RegradePolicy.EXACT) == []
