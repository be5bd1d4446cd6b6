"""More time and the end for attempts that run: recorded, told to the learner, and under real concurrency."""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest

from courses import exceptions
from courses.models import (
    AssessmentAttempt,
    AttemptIntervention,
    Notification,
    User,
)
from courses.services import attempt_interventions
from courses.services.accommodations import grant_accommodation
from courses.services.assessment_authoring import update_assessment
from courses.services.attempt_endings import close_expired_attempts
from courses.services.attempt_interventions import close_attempt, extend_attempt
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.utils.clock import database_now
from tests import factories
from tests.concurrency import at_once, one_after_the_other
from tests.taking import given, let_time_run_out

pytestmark = pytest.mark.django_db


def _open_attempt(**fields: int) -> AssessmentAttempt:
    """An attempt at one question, in a course with an instructor."""
    course = factories.make_course(instructors=(factories.make_user(),))
    settings = {"time_limit": 30, "max_attempts": 1} | fields
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course), **settings)
    factories.single_choice(assessment, points=4)
    learner = factories.make_learner(course)
    return start_attempt(learner=learner, assessment_id=assessment.pk).attempt


def _staff(attempt: AssessmentAttempt) -> User:
    return attempt.assessment.lesson.course.instructors.get()


def _refused(
    kind: type[exceptions.Refusal], intervene: Callable[[], AssessmentAttempt], field: list[str]
) -> None:
    before = list(AssessmentAttempt.objects.values())
    with pytest.raises(kind) as raised:
        intervene()
    assert list(raised.value.field or ()) == field
    assert list(AssessmentAttempt.objects.values()) == before
    assert (AttemptIntervention.objects.count(), Notification.objects.count()) == (0, 0)


def test_an_extension_moves_the_deadline_and_is_recorded_and_told() -> None:
    attempt = _open_attempt()
    deadline = attempt.deadline_at
    assert deadline is not None
    with patch.object(attempt_interventions, "tell_attempts_changed") as told:
        extend_attempt(author=_staff(attempt), attempt_id=attempt.pk, minutes=15, reason=" Fire alarm. ")
    told.assert_called_once_with([attempt.pk])
    attempt.refresh_from_db()
    assert attempt.deadline_at == deadline + timedelta(minutes=15)
    recorded = AttemptIntervention.objects.get()
    assert (recorded.attempt, recorded.made_by, recorded.kind) == (attempt, _staff(attempt), "extended")
    assert (recorded.reason, recorded.old_deadline_at) == ("Fire alarm.", deadline)
    assert recorded.new_deadline_at == attempt.deadline_at
    notification = Notification.objects.get()
    assert (notification.user, notification.title) == (attempt.user, "You have more time")
    assert notification.message == f"Attempt 1 of “{attempt.assessment.title}” has 15 more minutes."


def test_an_extension_may_pass_the_close() -> None:
    attempt = _open_attempt(time_limit=0)
    closes_at = database_now() + timedelta(minutes=5)
    AssessmentAttempt.objects.update(deadline_at=closes_at)
    update_assessment(author=_staff(attempt), assessment_id=attempt.assessment_id, closes_at=closes_at)
    extend_attempt(author=_staff(attempt), attempt_id=attempt.pk, minutes=60)
    assert AssessmentAttempt.objects.get().deadline_at == closes_at + timedelta(hours=1)


def test_an_attempt_is_closed_as_it_stands_and_it_is_recorded_and_told() -> None:
    attempt = _open_attempt()
    question = attempt.assessment.questions.get()
    learner = attempt.user
    submit_answers(learner=learner, attempt_id=attempt.pk, responses=[given(attempt, question, "right")])
    close_attempt(author=_staff(attempt), attempt_id=attempt.pk, reason="Cheating.")
    attempt.refresh_from_db()
    assert (attempt.is_completed, attempt.ended_by, attempt.score) == (True, "staff", 4)
    recorded = AttemptIntervention.objects.get()
    assert (recorded.kind, recorded.made_by, recorded.reason) == ("closed", _staff(attempt), "Cheating.")
    assert recorded.old_deadline_at == recorded.new_deadline_at == attempt.deadline_at
    assert Notification.objects.get().user == learner
    wrong = [given(attempt, question, "wrong")]
    for late in (submit_answers, complete_attempt):
        with pytest.raises(exceptions.AttemptClosed, match="An instructor has closed this attempt"):
            late(learner=learner, attempt_id=attempt.pk, responses=wrong)
    assert complete_attempt(learner=learner, attempt_id=attempt.pk).score == 4


@pytest.mark.parametrize("minutes", [0, -1, 525_601])
def test_minutes_out_of_range_are_refused(minutes: int) -> None:
    attempt = _open_attempt()
    _refused(
        exceptions.Invalid,
        lambda: extend_attempt(author=_staff(attempt), attempt_id=attempt.pk, minutes=minutes),
        ["minutes"],
    )


def test_without_a_deadline_there_is_nothing_to_extend() -> None:
    attempt = _open_attempt(time_limit=0)
    _refused(
        exceptions.Invalid,
        lambda: extend_attempt(author=_staff(attempt), attempt_id=attempt.pk, minutes=5),
        ["attemptId"],
    )


@pytest.mark.parametrize("ends", [True, False])
def test_who_may_not_intervene_is_refused(ends: bool) -> None:
    attempt = _open_attempt()

    def intervene(author: User, reason: str = "") -> AssessmentAttempt:
        if ends:
            return close_attempt(author=author, attempt_id=attempt.pk, reason=reason)
        return extend_attempt(author=author, attempt_id=attempt.pk, minutes=5, reason=reason)

    _refused(exceptions.PermissionDenied, lambda: intervene(attempt.user), ["attemptId"])
    _refused(exceptions.NotFound, lambda: intervene(factories.make_user()), ["attemptId"])
    _refused(exceptions.Invalid, lambda: intervene(_staff(attempt), "x" * 2_001), ["reason"])
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    _refused(exceptions.AttemptClosed, lambda: intervene(_staff(attempt)), ["attemptId"])


def test_an_attempt_whose_time_is_over_is_closed_by_the_timer_instead() -> None:
    attempt = _open_attempt()
    let_time_run_out(attempt)
    with pytest.raises(exceptions.AttemptClosed):
        extend_attempt(author=_staff(attempt), attempt_id=attempt.pk, minutes=120)
    attempt.refresh_from_db()
    assert (attempt.is_completed, attempt.ended_by) == (True, "timer")
    assert attempt.end_time == attempt.deadline_at
    assert AttemptIntervention.objects.count() == 0


# ---------------------------------------------------------------- at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("extends_first", [True, False])
def test_either_the_extension_wins_or_the_timer(extends_first: bool) -> None:
    attempt, refused = _open_attempt(), []
    let_time_run_out(attempt, seconds_ago=5 if extends_first else 3600)

    def extend() -> None:
        try:
            extend_attempt(author=_staff(attempt), attempt_id=attempt.pk, minutes=120)
        except exceptions.AttemptClosed as refusal:
            refused.append(refusal)

    def pass_the_time() -> None:
        close_expired_attempts(attempt_ids=[attempt.pk])

    one_after_the_other(*((extend, pass_the_time) if extends_first else (pass_the_time, extend)))
    attempt.refresh_from_db()
    extended = AttemptIntervention.objects.count()
    assert (attempt.is_completed, extended, len(refused)) == (
        (False, 1, 0) if extends_first else (True, 0, 1)
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("staff_first", [True, False])
def test_either_the_staff_ends_it_or_the_learner(staff_first: bool) -> None:
    attempt, refused = _open_attempt(), []
    learner, right = attempt.user, [given(attempt, attempt.assessment.questions.get(), "right")]

    def close() -> None:
        try:
            close_attempt(author=_staff(attempt), attempt_id=attempt.pk)
        except exceptions.AttemptClosed:
            refused.append("staff")

    def complete() -> None:
        try:
            complete_attempt(learner=learner, attempt_id=attempt.pk, responses=right)
        except exceptions.AttemptClosed:
            refused.append("learner")

    one_after_the_other(*((close, complete) if staff_first else (complete, close)))
    attempt.refresh_from_db()
    expected = ("staff", 0, ["learner"], 1) if staff_first else ("learner", 4, ["staff"], 0)
    assert (attempt.ended_by, attempt.score, refused, AttemptIntervention.objects.count()) == expected


@pytest.mark.django_db(transaction=True)
def test_a_grant_that_meets_a_start_brings_no_attempt_to_whoever_saw_the_key() -> None:
    for _ in range(10):
        attempt = _open_attempt()
        learner, staff = attempt.user, _staff(attempt)
        complete_attempt(learner=learner, attempt_id=attempt.pk)

        def work(
            number: int,
            learner: User = learner,
            staff: User = staff,
            assessment_id: int = attempt.assessment_id,
        ) -> None:
            if number == 0:
                start_attempt(learner=learner, assessment_id=assessment_id)
            elif number == 1:
                grant_accommodation(
                    author=staff, learner_ids=[learner.pk], assessment_id=assessment_id, extra_attempts=1
                )
            else:
                update_assessment(author=staff, assessment_id=assessment_id, max_attempts=3)

        [refusal] = at_once(work, writers=3)
        assert isinstance(refusal, exceptions.AttemptLimitReached | exceptions.AnswerKeySeen)
        with pytest.raises(exceptions.AnswerKeySeen):
            start_attempt(learner=learner, assessment_id=attempt.assessment_id)
        assert learner.attempts.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_grant_waits_for_the_start_that_it_meets_and_moves_its_deadline() -> None:
    attempt = _open_attempt(max_attempts=2)
    learner, staff, assessment_id = attempt.user, _staff(attempt), attempt.assessment_id
    complete_attempt(learner=learner, attempt_id=attempt.pk)
    one_after_the_other(
        lambda: start_attempt(learner=learner, assessment_id=assessment_id),
        lambda: grant_accommodation(
            author=staff,
            learner_ids=[learner.pk],
            assessment_id=assessment_id,
            time_factor=2,  # type: ignore[arg-type]
            apply_to_open_attempts=True,
        ),
    )
    started = learner.attempts.get(is_completed=False)
    assert started.deadline_at == started.start_time + timedelta(hours=1)
