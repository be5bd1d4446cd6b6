"""Attempts under real concurrency: two clicks, two tabs, and answers that race the end."""

from collections import Counter
from threading import Event

import pytest
from django.db import transaction

from courses import exceptions
from courses.models import Assessment, AssessmentAttempt, Question, User
from courses.services.attempt_endings import close_expired_attempts
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.services.enrollment import enroll, withdraw
from courses.services.question_authoring import delete_question
from tests import factories
from tests.concurrency import at_once, one_after_the_other, until_waiting
from tests.taking import given, let_time_run_out

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 200


def _assessment(**fields: int) -> Assessment:
    assessment = factories.make_assessment(**{"max_attempts": 2} | fields)
    factories.single_choice(assessment, points=4)
    return assessment


def _learner(assessment: Assessment) -> User:
    return factories.make_learner(assessment.lesson.course)


def _kinds(raised: list[Exception]) -> Counter[type[Exception]]:
    return Counter(type(error) for error in raised)


def test_thirty_two_clicks_make_one_attempt() -> None:
    assessment = _assessment()
    learner, started = _learner(assessment), []
    raised = at_once(lambda _: started.append(start_attempt(learner=learner, assessment_id=assessment.pk)))
    assert raised == []
    assert Counter(each.created for each in started) == {True: 1, False: 31}
    assert {each.attempt.pk for each in started} == {learner.attempts.get().pk}


def test_with_a_limit_of_two_there_are_never_more_than_two() -> None:
    assessment = _assessment(max_attempts=2)
    learner = _learner(assessment)

    def start_and_complete(_: int) -> None:
        while True:
            attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
            complete_attempt(learner=learner, attempt_id=attempt.pk)

    raised = at_once(start_and_complete, writers=16)
    assert _kinds(raised) == {exceptions.AttemptLimitReached: 16}
    assert sorted(learner.attempts.values_list("attempt_number", flat=True)) == [1, 2]


def test_starting_while_leaving_the_course_makes_no_attempt_afterwards() -> None:
    assessment = _assessment()
    for _ in range(20):
        learner = _learner(assessment)

        def start_or_leave(number: int, learner: User = learner) -> None:
            if number:
                start_attempt(learner=learner, assessment_id=assessment.pk)
            else:
                withdraw(learner=learner, course_id=assessment.lesson.course_id)

        raised = at_once(start_or_leave, writers=2)
        left_at = learner.enrollments.get().withdrawn_date
        attempts = list(learner.attempts.all())
        assert _kinds(raised) == ({} if attempts else {exceptions.NotEnrolled: 1})
        assert left_at is not None
        assert all(attempt.start_time < left_at for attempt in attempts)


def test_two_clicks_of_somebody_who_is_enrolled_meanwhile_make_one_attempt() -> None:
    """Both wait for an author, behind the place where they would have locked the enrolment."""
    assessment = _assessment()
    learner, started = factories.make_user(), []

    is_held = Event()

    def enroll_learner(_: int) -> None:
        enroll(learner=learner, course_id=assessment.lesson.course_id)

    def work(number: int) -> None:
        if number:
            is_held.wait(timeout=30)
            started.append(start_attempt(learner=learner, assessment_id=assessment.pk))
            return
        with transaction.atomic():
            Assessment.objects.select_for_update().get(pk=assessment.pk)
            is_held.set()
            until_waiting(2)
            assert at_once(enroll_learner, writers=1) == []

    assert at_once(work, writers=3) == []
    assert Counter(each.created for each in started) == {True: 1, False: 1}
    assert {each.attempt.pk for each in started} == {learner.attempts.get().pk}


def test_no_attempt_starts_with_a_question_that_its_author_removes_meanwhile() -> None:
    for _ in range(20):
        assessment = _assessment()
        removed = factories.single_choice(assessment)
        learner, author = _learner(assessment), factories.make_staff()

        def start_or_remove(
            number: int, learner: User = learner, author: User = author, removed: Question = removed
        ) -> None:
            if number:
                start_attempt(learner=learner, assessment_id=removed.assessment_id)
            else:
                delete_question(author=author, question_id=removed.pk)

        raised = at_once(start_or_remove, writers=2)
        laid_out = [entry["id"] for entry in learner.attempts.get().layout["questions"]]
        assert laid_out == list(assessment.questions.order_by("order").values_list("pk", flat=True))
        assert _kinds(raised) == ({exceptions.QuestionInUse: 1} if removed.pk in laid_out else {})


def test_answers_that_race_the_end_are_either_graded_or_refused() -> None:
    """Two hundred rounds of two tabs that save while a third hands in."""
    assessment = _assessment()
    question = assessment.questions.get()
    for _ in range(ROUNDS):
        learner = _learner(assessment)
        attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
        answers = [given(attempt, question, text) for text in ("right", "wrong")]

        def work(number: int, attempt: AssessmentAttempt = attempt, answers: list = answers) -> None:
            if number == 2:
                complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
            else:
                submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=[answers[number]])

        raised = at_once(work, writers=3)
        assert set(_kinds(raised)) <= {exceptions.AttemptClosed}
        attempt.refresh_from_db()
        stored = list(attempt.answers.all())
        assert attempt.is_completed
        assert attempt.score == sum(answer.points_earned for answer in stored)
        assert attempt.end_time is not None
        assert all(answer.answered_at <= attempt.end_time for answer in stored)
        assert all(answer.credit is not None for answer in stored)
        assert attempt.revision == 2 - len(raised)
    assert learner.activities.filter(data__event="completed").count() == 1


def test_handing_in_from_many_tabs_gives_one_result() -> None:
    assessment = _assessment()
    learner, results = _learner(assessment), []
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    answers = [given(attempt, assessment.questions.get(), text) for text in ("right", "wrong")]

    def complete(number: int) -> None:
        done = complete_attempt(learner=learner, attempt_id=attempt.pk, responses=[answers[number % 2]])
        results.append((done.score, done.end_time, done.time_taken_seconds, done.is_passed))

    assert at_once(complete) == []
    stored = AssessmentAttempt.objects.get()
    assert set(results) == {(stored.score, stored.end_time, stored.time_taken_seconds, stored.is_passed)}
    assert stored.score == stored.answers.get().points_earned
    assert learner.activities.filter(data__event="completed").count() == 1


def test_of_tabs_that_save_on_the_same_revision_one_wins() -> None:
    assessment = _assessment()
    learner = _learner(assessment)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    answers = [given(attempt, assessment.questions.get(), text) for text in ("right", "wrong")]
    raised = at_once(
        lambda tab: submit_answers(
            learner=learner, attempt_id=attempt.pk, responses=[answers[tab]], base_revision=0
        ),
        writers=2,
    )
    assert _kinds(raised) == {exceptions.StaleRevision: 1}
    attempt.refresh_from_db()
    assert (attempt.revision, attempt.answers.get().revision) == (1, 1)


def test_what_another_tab_saved_meanwhile_is_what_a_save_is_compared_with() -> None:
    """The second tab gives again what was stored when it began, and waits until the first has changed that."""
    assessment = _assessment()
    learner = _learner(assessment)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    right, wrong = (given(attempt, assessment.questions.get(), text) for text in ("right", "wrong"))
    submit_answers(learner=learner, attempt_id=attempt.pk, responses=[right])
    stored = attempt.answers.get().response

    one_after_the_other(
        lambda: submit_answers(learner=learner, attempt_id=attempt.pk, responses=[wrong]),
        lambda: submit_answers(learner=learner, attempt_id=attempt.pk, responses=[right]),
    )
    attempt.refresh_from_db()
    assert (attempt.answers.get().response, attempt.answers.get().revision, attempt.revision) == (
        stored,
        3,
        3,
    )


def test_the_sweep_and_the_learner_close_an_attempt_once() -> None:
    assessment = _assessment(time_limit=1)
    learner = _learner(assessment)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    let_time_run_out(attempt)

    def close(number: int) -> None:
        if number % 2:
            close_expired_attempts()
        else:
            complete_attempt(learner=learner, attempt_id=attempt.pk)

    assert at_once(close, writers=16) == []
    attempt.refresh_from_db()
    assert (attempt.ended_by, attempt.end_time) == ("timer", attempt.deadline_at)
    assert learner.activities.filter(data__event="completed").count() == 1
