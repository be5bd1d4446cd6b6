"""The end of an attempt: handed in once, or closed by the timer with all that was saved, and nothing after it."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from threading import Event, Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.functions import Now

from courses import exceptions
from courses.constants import AttemptEnd
from courses.models import Answer, Assessment, AssessmentAttempt, UserActivity
from courses.services import attempt_endings
from courses.services.attempt_endings import close_expired_attempts
from courses.services.attempt_responses import GivenResponse
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.utils.clock import database_now
from tests import factories
from tests.taking import given, let_time_run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def assessment() -> Assessment:
    """A single choice of four points and an essay of six, in half an hour."""
    assessment = factories.make_assessment(max_attempts=3, time_limit=30)
    factories.single_choice(assessment, points=4)
    factories.essay(assessment, points=6)
    return assessment


def _started(assessment: Assessment) -> AssessmentAttempt:
    learner = factories.make_learner(assessment.lesson.course)
    return start_attempt(learner=learner, assessment_id=assessment.pk).attempt


@pytest.fixture
def attempt(assessment: Assessment) -> AssessmentAttempt:
    return _started(assessment)


def _choice(attempt: AssessmentAttempt, text: str = "right") -> GivenResponse:
    return given(attempt, attempt.assessment.questions.get(order=1), text)


def _answer(attempt: AssessmentAttempt, text: str = "right") -> None:
    submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=[_choice(attempt, text)])


def _result(attempt: AssessmentAttempt) -> dict[str, Any]:
    names = ("is_completed", "ended_by", "end_time", "time_taken_seconds", "score", "max_score", "is_passed")
    return AssessmentAttempt.objects.values(*names, "revision").get(pk=attempt.pk)


# ---------------------------------------------------------------- handing in


def test_handing_in_grades_what_was_saved_and_takes_remaining_answers_along(
    attempt: AssessmentAttempt,
) -> None:
    essay = attempt.assessment.questions.get(order=2)
    _answer(attempt)
    before = database_now()
    complete_attempt(
        learner=attempt.user, attempt_id=attempt.pk, responses=[given(attempt, essay, "Thoughts.")]
    )
    result = _result(attempt)
    assert before <= result["end_time"] <= database_now()
    assert (result["ended_by"], result["score"], result["max_score"], result["revision"]) == (
        AttemptEnd.LEARNER,
        4,
        10,
        2,
    )
    graded = attempt.answers.order_by("question__order").values_list("credit", "points_earned")
    assert list(graded) == [(Decimal(1), 4), (None, 0)]


def test_handing_in_again_returns_the_same_result_and_changes_nothing(attempt: AssessmentAttempt) -> None:
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk, responses=[_choice(attempt)])
    before = _result(attempt), list(attempt.answers.values())
    Answer.objects.update(is_correct=False)
    again = complete_attempt(
        learner=attempt.user, attempt_id=attempt.pk, responses=[_choice(attempt, "wrong")]
    )
    assert (_result(attempt), list(attempt.answers.values())) == before
    assert (again.score, again.end_time) == (4, before[0]["end_time"])
    assert UserActivity.objects.filter(data__event="completed").count() == 1


def test_an_answer_that_does_not_fit_leaves_the_attempt_open(attempt: AssessmentAttempt) -> None:
    question = attempt.assessment.questions.get(order=1)
    with pytest.raises(exceptions.ResponseMismatch):
        complete_attempt(
            learner=attempt.user,
            attempt_id=attempt.pk,
            responses=[_choice(attempt), GivenResponse(question.pk, {"text": "right"}, ("answers", "1"))],
        )
    assert (_result(attempt)["is_completed"], attempt.answers.count()) == (False, 0)


def test_nobody_else_hands_an_attempt_in(attempt: AssessmentAttempt) -> None:
    for stranger in (factories.make_learner(attempt.assessment.lesson.course), factories.make_staff()):
        with pytest.raises(exceptions.NotFound) as raised:
            complete_attempt(learner=stranger, attempt_id=attempt.pk)
        assert raised.value.field == ("attemptId",)
    assert not _result(attempt)["is_completed"]


def test_completing_records_the_time_spent(attempt: AssessmentAttempt) -> None:
    AssessmentAttempt.objects.update(start_time=Now() - timedelta(seconds=90))
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    assert UserActivity.objects.get(data__event="completed").data == {
        "event": "completed",
        "attempt": 1,
        "time_spent": 90,
    }


# ---------------------------------------------------------------- the deadline


def test_within_the_slack_an_answer_is_accepted_and_counts_as_given_at_the_deadline(
    attempt: AssessmentAttempt,
) -> None:
    let_time_run_out(attempt, seconds_ago=5)
    _answer(attempt)
    attempt.refresh_from_db()
    assert (attempt.is_completed, attempt.answers.get().answered_at) == (False, attempt.deadline_at)


def test_handing_in_within_the_slack_takes_no_longer_than_the_limit(attempt: AssessmentAttempt) -> None:
    let_time_run_out(attempt, seconds_ago=5)
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk, responses=[_choice(attempt)])
    attempt.refresh_from_db()
    assert (attempt.ended_by, attempt.end_time, attempt.time_taken_seconds, attempt.score) == (
        AttemptEnd.LEARNER,
        attempt.deadline_at,
        3600,
        4,
    )


def test_the_slack_is_a_setting(attempt: AssessmentAttempt, settings: Any) -> None:
    settings.SUBMISSION_SLACK_SECONDS = 1
    let_time_run_out(attempt, seconds_ago=5)
    with pytest.raises(exceptions.TimeExpired):
        _answer(attempt)


def test_after_the_slack_completing_with_answers_is_too_late_and_keeps_what_was_saved(
    attempt: AssessmentAttempt,
) -> None:
    _answer(attempt)
    let_time_run_out(attempt, seconds_ago=11)
    with pytest.raises(exceptions.TimeExpired) as raised:
        complete_attempt(learner=attempt.user, attempt_id=attempt.pk, responses=[_choice(attempt, "wrong")])
    assert raised.value.field == ("attemptId",)
    result = _result(attempt)
    attempt.refresh_from_db()
    assert (result["ended_by"], result["end_time"], result["score"]) == ("timer", attempt.deadline_at, 4)


def test_after_the_slack_completing_without_answers_returns_the_result(attempt: AssessmentAttempt) -> None:
    _answer(attempt)
    let_time_run_out(attempt)
    closed = complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    assert (closed.ended_by, closed.end_time, closed.score) == (AttemptEnd.TIMER, _deadline(attempt), 4)


def _deadline(attempt: AssessmentAttempt) -> Any:
    return AssessmentAttempt.objects.values_list("deadline_at", flat=True).get(pk=attempt.pk)


def test_a_wrong_clock_of_the_process_decides_nothing(
    attempt: AssessmentAttempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    future = database_now() + timedelta(days=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: future)
    _answer(attempt)
    assert close_expired_attempts() == 0


# ---------------------------------------------------------------- the sweep


def test_the_sweep_closes_all_that_is_over_at_its_deadline_and_nothing_else(assessment: Assessment) -> None:
    over, within_slack, running = (_started(assessment) for _ in range(3))
    _answer(over)
    let_time_run_out(over)
    let_time_run_out(within_slack, seconds_ago=5)
    assert close_expired_attempts() == 1
    result = _result(over)
    assert (result["ended_by"], result["end_time"], result["time_taken_seconds"], result["score"]) == (
        "timer",
        _deadline(over),
        3600,
        4,
    )
    assert not _result(within_slack)["is_completed"]
    assert not _result(running)["is_completed"]
    assert close_expired_attempts() == 0


def test_the_sweep_goes_on_until_all_batches_are_done(
    assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt_endings, "SWEEP_SIZE", 2)
    for _ in range(5):
        let_time_run_out(_started(assessment))
    assert close_expired_attempts() == 5


def test_the_command_says_how_many_it_closed(assessment: Assessment) -> None:
    said = StringIO()
    let_time_run_out(_started(assessment))
    call_command("close_expired_attempts", stdout=said)
    call_command("close_expired_attempts", stdout=said)
    assert said.getvalue() == (
        "Closed 1 attempt whose time was over.\nClosed 0 attempts whose time was over.\n"
    )


@pytest.mark.django_db(transaction=True)
def test_the_sweep_passes_over_a_row_that_somebody_holds(assessment: Assessment) -> None:
    held, free = _started(assessment), _started(assessment)
    let_time_run_out(held)
    let_time_run_out(free)
    is_held, may_let_go = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                AssessmentAttempt.objects.select_for_update().get(pk=held.pk)
                is_held.set()
                may_let_go.wait(timeout=30)
        finally:
            connection.close()

    holder = Thread(target=hold)
    holder.start()
    assert is_held.wait(timeout=30)
    try:
        assert close_expired_attempts() == 1
    finally:
        may_let_go.set()
        holder.join()
    assert (_result(held)["is_completed"], _result(free)["is_completed"]) == (False, True)
    assert close_expired_attempts() == 1
