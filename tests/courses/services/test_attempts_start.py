"""Starting an attempt: who may, what is frozen, and what two clicks and a worn-out attempt lead to."""

from datetime import timedelta

import pytest

from courses import exceptions
from courses.constants import AttemptEnd, EnrollmentStatus
from courses.models import Answer, Assessment, AssessmentAttempt, Course, User, UserActivity
from courses.selectors.attempt_starts import start_refusals
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.services.enrollment import enroll, withdraw
from courses.utils.clock import database_now
from tests import factories
from tests.taking import given, let_time_run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def assessment() -> Assessment:
    assessment = factories.make_assessment(max_attempts=2, time_limit=30)
    factories.single_choice(assessment, points=4)
    return assessment


@pytest.fixture
def course(assessment: Assessment) -> Course:
    return assessment.lesson.course


@pytest.fixture
def learner(course: Course) -> User:
    return factories.make_learner(course)


def _refused(kind: type[exceptions.Refusal], learner: User, assessment: Assessment) -> exceptions.Refusal:
    """The refusal to start, which wrote nothing and which advice would have given in the same words."""
    before = (AssessmentAttempt.objects.count(), UserActivity.objects.count())
    with pytest.raises(kind) as raised:
        start_attempt(learner=learner, assessment_id=assessment.pk)
    assert raised.value.field == ("assessmentId",)
    assert (AssessmentAttempt.objects.count(), UserActivity.objects.count()) == before
    advice = start_refusals(learner, [assessment.pk])[assessment.pk]
    if kind is not exceptions.NotFound:
        assert (type(advice), advice and advice.message) == (kind, raised.value.message)
    return raised.value


def test_starting_records_address_and_browser_and_the_activity(assessment: Assessment, learner: User) -> None:
    started = start_attempt(
        learner=learner, assessment_id=assessment.pk, ip_address="192.0.2.7", user_agent="Browser/1"
    )
    attempt = AssessmentAttempt.objects.get()
    assert started.created
    assert (attempt.ip_address, attempt.user_agent) == ("192.0.2.7", "Browser/1")
    activity = UserActivity.objects.get()
    assert (activity.user, activity.activity_type, activity.assessment) == (learner, "take_quiz", assessment)
    assert (activity.course, activity.lesson) == (assessment.lesson.course, assessment.lesson)
    assert activity.data == {"event": "started", "attempt": 1}


def test_the_deadline_is_the_start_plus_the_limit_and_stays_so(assessment: Assessment, learner: User) -> None:
    before = database_now()
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    assert before <= attempt.start_time <= database_now()
    Assessment.objects.update(time_limit=1)
    attempt.refresh_from_db()
    assert attempt.deadline_at == attempt.start_time + timedelta(minutes=30)


def test_without_a_limit_there_is_no_deadline(assessment: Assessment, learner: User) -> None:
    Assessment.objects.update(time_limit=0)
    assert start_attempt(learner=learner, assessment_id=assessment.pk).attempt.deadline_at is None


def test_an_open_attempt_is_resumed_and_not_refused(assessment: Assessment, learner: User) -> None:
    first = start_attempt(learner=learner, assessment_id=assessment.pk)
    second = start_attempt(learner=learner, assessment_id=assessment.pk)
    assert (first.created, second.created) == (True, False)
    assert first.attempt == second.attempt
    assert AssessmentAttempt.objects.count() == UserActivity.objects.count() == 1


def test_the_last_attempt_is_resumed_though_all_are_used(assessment: Assessment, learner: User) -> None:
    Assessment.objects.update(max_attempts=1)
    first = start_attempt(learner=learner, assessment_id=assessment.pk)
    assert start_attempt(learner=learner, assessment_id=assessment.pk).attempt == first.attempt


def test_an_open_attempt_is_resumed_though_the_course_is_no_longer_published(
    assessment: Assessment, learner: User, course: Course
) -> None:
    first = start_attempt(learner=learner, assessment_id=assessment.pk)
    Course.objects.filter(pk=course.pk).update(is_published=False)
    assert start_attempt(learner=learner, assessment_id=assessment.pk).attempt == first.attempt


def test_an_assessment_that_is_not_there_is_not_found(learner: User) -> None:
    with pytest.raises(exceptions.NotFound) as raised:
        start_attempt(learner=learner, assessment_id=0)
    assert raised.value.field == ("assessmentId",)


def test_an_assessment_of_a_course_one_may_not_see_is_not_found(
    assessment: Assessment, course: Course
) -> None:
    Course.objects.filter(pk=course.pk).update(is_published=False)
    _refused(exceptions.NotFound, factories.make_user(), assessment)


def test_only_people_who_take_the_course_may_start(assessment: Assessment) -> None:
    refusal = _refused(exceptions.NotEnrolled, factories.make_user(), assessment)
    assert refusal.message == "You are not enrolled in this course. Please enroll first."


def test_instructors_take_no_assessment_of_a_course_they_do_not_take(
    assessment: Assessment, course: Course
) -> None:
    instructor = factories.make_user()
    course.instructors.add(instructor)
    _refused(exceptions.NotEnrolled, instructor, assessment)


def test_whoever_has_left_the_course_may_not_start(
    assessment: Assessment, learner: User, course: Course
) -> None:
    withdraw(learner=learner, course_id=course.pk)
    _refused(exceptions.NotEnrolled, learner, assessment)


def test_whoever_has_completed_the_course_may_still_start(assessment: Assessment, learner: User) -> None:
    learner.enrollments.update(status=EnrollmentStatus.COMPLETED, completed_date=database_now())
    assert start_attempt(learner=learner, assessment_id=assessment.pk).created


def test_nobody_starts_in_a_course_that_is_not_published(
    assessment: Assessment, learner: User, course: Course
) -> None:
    Course.objects.filter(pk=course.pk).update(is_published=False)
    refusal = _refused(exceptions.AssessmentNotReady, learner, assessment)
    assert refusal.message == "The course is not published now, so nobody can start."


def test_an_assessment_without_questions_is_not_ready(assessment: Assessment, learner: User) -> None:
    assessment.questions.all().delete()
    refusal = _refused(exceptions.AssessmentNotReady, learner, assessment)
    assert refusal.message == (
        "This assessment cannot be started yet. It has no questions yet. "
        "Please tell an instructor of the course."
    )


def test_the_refusal_of_an_unready_assessment_names_the_question(
    assessment: Assessment, learner: User
) -> None:
    factories.make_question(assessment, question_type="true_false")
    refusal = _refused(exceptions.AssessmentNotReady, learner, assessment)
    assert refusal.message == (
        "This assessment cannot be started yet. Question 2 is not complete yet. "
        "Please tell an instructor of the course."
    )


def test_the_refusal_of_an_unready_assessment_quotes_no_accepted_text(
    assessment: Assessment, learner: User
) -> None:
    question = factories.make_question(assessment, question_type="short_answer")
    Answer.objects.create(question=question, text="forty-two", is_correct=True, text_match="numeric")
    refusal = _refused(exceptions.AssessmentNotReady, learner, assessment)
    assert "Question 2 is not complete yet." in refusal.message
    assert "forty-two" not in refusal.message


def test_no_attempt_is_started_beyond_the_limit(assessment: Assessment, learner: User) -> None:
    for number in (1, 2):
        started = start_attempt(learner=learner, assessment_id=assessment.pk)
        assert (started.created, started.attempt.attempt_number) == (True, number)
        complete_attempt(learner=learner, attempt_id=started.attempt.pk)
    refusal = _refused(exceptions.AttemptLimitReached, learner, assessment)
    assert refusal.message == (
        "You have used all attempts of this assessment. Your results are under your attempts."
    )


def test_an_attempt_whose_time_is_over_is_closed_and_a_new_one_started(
    assessment: Assessment, learner: User
) -> None:
    old = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    let_time_run_out(old)
    new = start_attempt(learner=learner, assessment_id=assessment.pk)
    old.refresh_from_db()
    assert (new.created, new.attempt.attempt_number) == (True, 2)
    assert (old.is_completed, old.ended_by, old.end_time) == (True, AttemptEnd.TIMER, old.deadline_at)


def test_closing_what_is_over_lasts_though_the_new_start_is_refused(
    assessment: Assessment, learner: User
) -> None:
    Assessment.objects.update(max_attempts=1)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    question = assessment.questions.get()
    submit_answers(learner=learner, attempt_id=attempt.pk, responses=[given(attempt, question, "right")])
    let_time_run_out(attempt)
    with pytest.raises(exceptions.AttemptLimitReached):
        start_attempt(learner=learner, assessment_id=assessment.pk)
    attempt.refresh_from_db()
    assert (attempt.is_completed, attempt.ended_by, attempt.score) == (True, AttemptEnd.TIMER, 4)


# ---------------------------------------------------------------- leaving, reading the key, coming back


def _leave_and_return(learner: User, course: Course) -> None:
    withdraw(learner=learner, course_id=course.pk)
    enroll(learner=learner, course_id=course.pk)


def _finish(learner: User, assessment: Assessment) -> None:
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    complete_attempt(learner=learner, attempt_id=attempt.pk)


def test_whoever_could_read_the_key_while_away_starts_no_further_attempt(
    assessment: Assessment, learner: User, course: Course
) -> None:
    _finish(learner, assessment)
    _leave_and_return(learner, course)
    refusal = _refused(exceptions.AnswerKeySeen, learner, assessment)
    assert refusal.message == (
        "You could see the right answers after an earlier attempt. Your results are under your attempts; an "
        "instructor of the course can allow a further one."
    )


def test_finishing_an_attempt_while_away_counts_like_finishing_it_before(
    assessment: Assessment, learner: User, course: Course
) -> None:
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    withdraw(learner=learner, course_id=course.pk)
    complete_attempt(learner=learner, attempt_id=attempt.pk)
    enroll(learner=learner, course_id=course.pk)
    _refused(exceptions.AnswerKeySeen, learner, assessment)


def test_leaving_costs_nothing_where_no_key_is_shown(
    assessment: Assessment, learner: User, course: Course
) -> None:
    Assessment.objects.update(show_correct_answers=False)
    _finish(learner, assessment)
    _leave_and_return(learner, course)
    assert start_attempt(learner=learner, assessment_id=assessment.pk).attempt.attempt_number == 2


def test_leaving_costs_nothing_before_the_first_attempt(
    assessment: Assessment, learner: User, course: Course
) -> None:
    _leave_and_return(learner, course)
    _finish(learner, assessment)
    assert start_attempt(learner=learner, assessment_id=assessment.pk).attempt.attempt_number == 2


def test_an_open_attempt_is_resumed_after_coming_back(
    assessment: Assessment, learner: User, course: Course
) -> None:
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    _leave_and_return(learner, course)
    assert start_attempt(learner=learner, assessment_id=assessment.pk).attempt == attempt


def test_leaving_twice_keeps_the_moment_of_the_first(learner: User, course: Course) -> None:
    before = database_now()
    first = withdraw(learner=learner, course_id=course.pk).withdrawn_date
    assert first is not None
    assert before <= first <= database_now()
    assert withdraw(learner=learner, course_id=course.pk).withdrawn_date == first
    assert enroll(learner=learner, course_id=course.pk).withdrawn_date == first
