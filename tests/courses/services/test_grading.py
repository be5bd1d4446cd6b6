"""Grading by people: what is written, who is told when, and what is refused."""

from decimal import Decimal

import pytest

from courses import exceptions
from courses.constants import MAX_LONG_TEXT_LENGTH, GradeChangeReason, NotificationType
from courses.models import (
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    GradeChange,
    Notification,
    StatisticsChange,
    User,
)
from courses.services import regrading
from courses.services.grading import grade_answer
from courses.utils.clock import database_now
from tests import factories
from tests.taking import let_time_run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def instructor() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(instructor: User) -> Assessment:
    """Ten points, six to pass: a single choice of four and two essays of three."""
    course = factories.make_course(instructors=(instructor,), title="Biology")
    lesson = factories.make_lesson(course=course)
    assessment = factories.make_assessment(lesson=lesson, title="Cells", passing_score=60)
    factories.single_choice(assessment, points=4)
    factories.essay(assessment, points=3)
    factories.essay(assessment, points=3)
    return assessment


@pytest.fixture
def attempt(assessment: Assessment) -> AssessmentAttempt:
    return _handed_in(assessment)


def _handed_in(assessment: Assessment, *, choice: str = "right") -> AssessmentAttempt:
    """An attempt with its choice picked and both essays written, completed."""
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    single, first, second = assessment.questions.order_by("order")
    factories.pick(attempt, single, choice)
    factories.answer(attempt, first, {"text": "One"})
    factories.answer(attempt, second, {"text": "Two"})
    attempt.complete()
    return attempt


def _tasks(attempt: AssessmentAttempt) -> list[AttemptAnswer]:
    """The stored answers in the author's order."""
    return list(attempt.answers.order_by("question__order"))


def _grade(grader: User, task: AttemptAnswer, points: int, **more: str) -> AssessmentAttempt:
    return grade_answer(grader=grader, task_id=task.pk, points=points, **more)


# ---------------------------------------------------------------- what is written


def test_a_grade_is_written_with_credit_correctness_feedback_and_who_gave_it_when(
    attempt: AssessmentAttempt, instructor: User
) -> None:
    before = database_now()
    _grade(instructor, _tasks(attempt)[1], 2, feedback="Nearly.")
    graded = _tasks(attempt)[1]
    assert (graded.credit, graded.points_earned, graded.is_correct, graded.feedback, graded.graded_by) == (
        Decimal("0.6666666667"),
        2,
        False,
        "Nearly.",
        instructor,
    )
    assert graded.graded_at is not None
    assert before <= graded.graded_at <= database_now()


@pytest.mark.parametrize(("points", "credit", "is_correct"), [(0, 0, False), (3, 1, True)])
def test_anything_from_no_point_to_all_points_can_be_given(
    attempt: AssessmentAttempt, instructor: User, points: int, credit: int, is_correct: bool
) -> None:
    _grade(instructor, _tasks(attempt)[1], points)
    graded = _tasks(attempt)[1]
    assert (graded.points_earned, graded.credit, graded.is_correct) == (points, credit, is_correct)


def test_a_grade_is_recorded_with_who_changed_what(attempt: AssessmentAttempt, instructor: User) -> None:
    task = _tasks(attempt)[1]
    _grade(instructor, task, 3)
    colleague = factories.make_staff()
    _grade(colleague, task, 0)
    changes = GradeChange.objects.order_by("pk").values_list(
        "attempt_answer", "changed_by", "reason", "old_credit", "new_credit", "old_points", "new_points"
    )
    manual = GradeChangeReason.MANUAL
    assert list(changes) == [
        (task.pk, instructor.pk, manual, None, 1, None, 3),
        (task.pk, colleague.pk, manual, 1, 0, 3, 0),
    ]


def test_grading_again_without_feedback_keeps_what_was_said(
    attempt: AssessmentAttempt, instructor: User
) -> None:
    task = _tasks(attempt)[1]
    _grade(instructor, task, 1, feedback="See page 3.")
    _grade(instructor, task, 2)
    assert AttemptAnswer.objects.get(pk=task.pk).feedback == "See page 3."
    _grade(instructor, task, 2, feedback="")
    assert AttemptAnswer.objects.get(pk=task.pk).feedback == ""


def test_an_answer_that_the_key_graded_can_be_graded_by_a_person(
    assessment: Assessment, instructor: User
) -> None:
    attempt = _handed_in(assessment, choice="wrong")
    _grade(instructor, _tasks(attempt)[0], 3)
    attempt.refresh_from_db()
    assert (attempt.score, attempt.max_score) == (3, 10)


def test_statistics_are_marked_stale(attempt: AssessmentAttempt, instructor: User) -> None:
    StatisticsChange.objects.all().delete()
    _grade(instructor, _tasks(attempt)[1], 2)
    changes = StatisticsChange.objects.values_list("course", "user")
    assert set(changes) == {(attempt.assessment.lesson.course_id, None), (None, attempt.user_id)}


def test_points_edited_after_the_start_change_nothing_about_the_attempt(
    attempt: AssessmentAttempt, assessment: Assessment, instructor: User
) -> None:
    maximum = attempt.max_score
    assessment.questions.update(points=20)
    with pytest.raises(exceptions.Invalid):
        _grade(instructor, _tasks(attempt)[1], 20)
    _grade(instructor, _tasks(attempt)[1], 2)
    attempt.refresh_from_db()
    assert (attempt.score, attempt.max_score) == (6, maximum)
    assert list(GradeChange.objects.values_list("reason", "old_points", "new_points")) == [
        (GradeChangeReason.MANUAL, None, 2)
    ]


# ---------------------------------------------------------------- the last one


def test_the_pass_mark_waits_for_the_last_answer_that_decides_it(
    attempt: AssessmentAttempt, instructor: User
) -> None:
    _, first, second = _tasks(attempt)
    assert (attempt.score, attempt.is_passed) == (4, None)
    assert _grade(instructor, first, 1).is_passed is None
    assert _grade(instructor, second, 0).is_passed is False
    assert _grade(instructor, second, 1).is_passed is True


def test_the_pass_mark_is_set_early_when_it_is_certain(attempt: AssessmentAttempt, instructor: User) -> None:
    attempt = _grade(instructor, _tasks(attempt)[1], 2)
    assert (attempt.score, attempt.is_passed) == (6, True)


def test_the_learner_is_told_once_the_last_answer_is_graded_and_not_before(
    attempt: AssessmentAttempt, instructor: User
) -> None:
    _, first, second = _tasks(attempt)
    _grade(instructor, first, 2)
    assert not Notification.objects.exists()
    _grade(instructor, second, 2)
    told = Notification.objects.get()
    assert (told.user, told.notification_type, told.course, told.title, told.message) == (
        attempt.user,
        NotificationType.FEEDBACK,
        attempt.assessment.lesson.course,
        "Your attempt has been graded",
        "Attempt 1 of “Cells” is graded completely.",
    )


def test_grading_again_does_not_tell_the_learner_again(attempt: AssessmentAttempt, instructor: User) -> None:
    for task in [*_tasks(attempt), *_tasks(attempt)]:
        _grade(instructor, task, 2)
    assert Notification.objects.count() == 1


def test_an_essay_left_blank_waits_for_nobody(assessment: Assessment, instructor: User) -> None:
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    _, first, second = assessment.questions.order_by("order")
    blank = factories.answer(attempt, first, {"text": "  "})
    written = factories.answer(attempt, second, {"text": "Two"})
    attempt.complete()
    assert AttemptAnswer.objects.get(pk=blank.pk).credit == 0
    _grade(instructor, written, 3)
    assert Notification.objects.count() == 1


def test_what_a_person_gave_survives_every_regrade(attempt: AssessmentAttempt, instructor: User) -> None:
    tasks = _tasks(attempt)
    for task, points in zip(tasks, (1, 2, 0), strict=True):
        _grade(instructor, task, points)
    for policy in ("never_lower", "exact", "full_credit"):
        changes = regrading.apply_regrade(
            grader=instructor, assessment_id=attempt.assessment_id, policy=regrading.RegradePolicy(policy)
        )
        assert changes == []
    assert [task.points_earned for task in _tasks(attempt)] == [1, 2, 0]


# ---------------------------------------------------------------- refusals


def _assert_nothing_was_written(task: AttemptAnswer) -> None:
    stored = AttemptAnswer.objects.get(pk=task.pk)
    assert (stored.graded_at, stored.graded_by, stored.feedback, stored.credit) == (
        None,
        None,
        "",
        task.credit,
    )
    assert not GradeChange.objects.exists()
    assert not Notification.objects.exists()


def test_everybody_but_the_staff_of_the_course_finds_no_task(attempt: AssessmentAttempt) -> None:
    task = _tasks(attempt)[1]
    other_course = factories.make_course(instructors=(factories.make_user(),))
    for person in (
        attempt.user,
        factories.make_learner(attempt.assessment.lesson.course),
        factories.make_learner(other_course),
        other_course.instructors.get(),
    ):
        with pytest.raises(exceptions.NotFound) as refused:
            _grade(person, task, 1, feedback="Mine")
        assert refused.value.field == ("taskId",)
    _assert_nothing_was_written(task)


@pytest.mark.parametrize("points", [-1, 4])
def test_points_outside_what_the_question_gives_are_refused(
    attempt: AssessmentAttempt, instructor: User, points: int
) -> None:
    task = _tasks(attempt)[1]
    with pytest.raises(exceptions.Invalid, match="between 0 and 3 points") as refused:
        _grade(instructor, task, points, feedback="Too much")
    assert refused.value.field == ("points",)
    _assert_nothing_was_written(task)


def test_a_feedback_that_is_too_long_is_refused(attempt: AssessmentAttempt, instructor: User) -> None:
    task = _tasks(attempt)[1]
    with pytest.raises(exceptions.Invalid, match="50,000") as refused:
        _grade(instructor, task, 1, feedback="x" * (MAX_LONG_TEXT_LENGTH + 1))
    assert refused.value.field == ("feedback",)
    _assert_nothing_was_written(task)


def test_an_answer_of_an_open_attempt_cannot_be_graded(assessment: Assessment, instructor: User) -> None:
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    task = factories.answer(attempt, assessment.questions.get(order=2), {"text": "One"})
    with pytest.raises(exceptions.Conflict, match="still open") as refused:
        _grade(instructor, task, 1)
    assert refused.value.field == ("taskId",)
    _assert_nothing_was_written(task)


def test_an_attempt_whose_time_is_over_is_closed_and_can_be_graded(
    assessment: Assessment, instructor: User
) -> None:
    Assessment.objects.filter(pk=assessment.pk).update(time_limit=30)
    assessment.refresh_from_db()
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    task = factories.answer(attempt, assessment.questions.get(order=2), {"text": "One"})
    let_time_run_out(attempt)
    graded = _grade(instructor, task, 3)
    assert (graded.is_completed, graded.ended_by, graded.score) == (True, "timer", 3)


def test_a_question_that_was_only_marked_is_no_task(assessment: Assessment, instructor: User) -> None:
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    marked = factories.answer(attempt, assessment.questions.get(order=2), None, is_flagged=True)
    attempt.complete()
    with pytest.raises(exceptions.NotFound):
        _grade(instructor, marked, 1)
