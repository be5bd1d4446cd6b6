"""Subscribers of a running server: what reaches them, and when they are sent away."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client

from courses.constants import NotificationType, RegradePolicy
from courses.models import AccessToken, Assessment, AssessmentAttempt, AttemptAnswer, User
from courses.services.attempt_endings import close_expired_attempts
from courses.services.attempts import flag_question
from courses.services.grading import grade_answer
from courses.services.notifications import announce, notify
from courses.services.regrading import apply_regrade
from courses.utils.sql import execute
from schema.execution.admission import Admission
from schema.execution.listening import SESSION_NAME
from tests import factories
from tests.operations import operation
from tests.schema.execution.conftest import wait_until
from tests.schema.live.conftest import Live, People
from tests.subscribing import event_stream
from tests.taking import RIGHT, Api, answers_to, complete, let_time_run_out, start, submit

UPDATED = operation("attempt_updated")
RECEIVED = operation("notification_received")


def flag(attempt: AssessmentAttempt, is_flagged: bool = True) -> None:
    question = attempt.layout["questions"][0]["id"]
    flag_question(learner=attempt.user, attempt_id=attempt.pk, question_id=question, is_flagged=is_flagged)


def lose_the_session_that_listens() -> None:
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %(name)s",
        name=SESSION_NAME,
    )


@pytest.fixture
def attempt(live: Live, learner: User, assessment: Assessment) -> AssessmentAttempt:
    return factories.make_attempt(learner, assessment)


@pytest.fixture
def attempt_id(api: Api, attempt: AssessmentAttempt) -> str:
    return start(api, attempt.user, attempt.assessment)["id"]


def test_every_change_of_an_attempt_reaches_its_learner_and_the_instructor(
    api: Api, live: Live, people: People, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    watching = [
        live.watch(person, UPDATED, attemptId=attempt_id) for person in (people.learner, people.instructor)
    ]

    def told() -> dict[str, Any]:
        """What both are told, where neither is told anything that only the staff may see."""
        events = [client.event()["attemptUpdated"] for client in watching]
        for _ in watching:
            live.wait_for_turn()
        shared = {"state", "gradingState", "answeredCount", "score", "endedBy"}
        assert {name: events[0][name] for name in shared} == {name: events[1][name] for name in shared}
        return events[0]

    laid_out = start(api, people.learner, attempt.assessment)
    submit(api, people.learner, attemptId=attempt_id, answers=answers_to(laid_out, {"Single?": ["Paris"]}))
    assert told()["answeredCount"] == 1
    flag(attempt)
    assert [question["isFlagged"] for question in told()["questions"]].count(True) == 1
    complete(api, people.learner, attemptId=attempt_id, answers=answers_to(laid_out, RIGHT))
    completed = told()
    assert (completed["state"], completed["gradingState"]) == ("COMPLETED", "PENDING_MANUAL")
    task = AttemptAnswer.objects.get(question__question_text="Essay?")
    grade_answer(grader=people.instructor, task_id=task.pk, points=0)
    graded = told()
    assert (graded["gradingState"], graded["score"]) == ("FULLY_GRADED", 13)
    attempt.assessment.questions.filter(question_text="Short?").update(points=4)
    apply_regrade(grader=people.instructor, assessment_id=attempt.assessment_id, policy=RegradePolicy.EXACT)
    assert told()["score"] == 15


def test_the_timer_closing_an_attempt_reaches_its_learner(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    client = live.watch(learner, UPDATED, attemptId=attempt_id)

    let_time_run_out(attempt)
    assert close_expired_attempts() == 1

    assert client.event()["attemptUpdated"]["endedBy"] == "TIMER"


def test_saving_the_same_again_is_no_event(
    api: Api, live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    answers = answers_to(start(api, learner, attempt.assessment), {"Short?": "mitosis"})
    submit(api, learner, attemptId=attempt_id, answers=answers)
    client = live.watch(learner, UPDATED, attemptId=attempt_id)

    submit(api, learner, attemptId=attempt_id, answers=answers)
    flag(attempt)

    assert any(question["isFlagged"] for question in client.event()["attemptUpdated"]["questions"])


def test_a_change_that_is_rolled_back_is_no_event(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    client = live.connect(learner)
    client.subscribe(UPDATED, attemptId=attempt_id)
    second = client.subscribe(RECEIVED)
    live.wait_for_turn(), live.wait_for_turn()

    with transaction.atomic():
        flag(attempt)
        transaction.set_rollback(True)
    notify(recipients=[learner], type=NotificationType.CUSTOM, title="After", message="It was rolled back.")

    assert client.message()["id"] == second


def test_notifications_and_announcements_reach_those_who_are_told(live: Live, people: People) -> None:
    clients = [live.watch(person, RECEIVED) for person in (people.learner, people.classmate)]
    course = people.instructor.taught_courses.get()

    notify(recipients=[people.classmate], type=NotificationType.CUSTOM, title="First", message="For one.")
    announce(author=people.instructor, course_id=course.pk, title="Second", message="For all.")

    def titles(number: int, events: int) -> list[str]:
        return [clients[number].event()["notificationReceived"]["title"] for _ in range(events)]

    assert titles(0, 1) == ["Second"]
    assert titles(1, 2) == ["First", "Second"]


def test_after_the_session_that_listens_was_lost_what_was_missed_is_sent(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    watching_attempt = live.watch(learner, UPDATED, attemptId=attempt_id)
    watching_notifications = live.watch(learner, RECEIVED)
    untold = factories.make_notification(learner, title="Nobody was told of this")
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(revision=7)

    lose_the_session_that_listens()

    assert watching_attempt.event()["attemptUpdated"]["revision"] == 7
    assert watching_notifications.event()["notificationReceived"]["title"] == untold.title


def test_an_attempt_that_cannot_be_seen_any_more_ends_the_subscription(
    live: Live, people: People, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    client = live.watch(people.instructor, UPDATED, attemptId=attempt_id)

    people.instructor.taught_courses.clear()
    flag(attempt)

    assert client.message() == {"id": "1", "type": "complete"}


def test_a_refused_subscription_says_so_and_leaves_the_connection_open(
    live: Live, people: People, attempt_id: str
) -> None:
    client = live.connect(people.classmate)

    client.subscribe(UPDATED, attemptId=attempt_id)

    assert client.refused() == "NOT_FOUND"
    client.subscribe("{ viewer { unreadNotificationCount } }")
    assert client.event()["viewer"] is not None


# ---------------------------------------------------------------- credentials


def revoke(person: User) -> None:
    AccessToken.objects.update(revoked_at="2026-01-01T00:00:00Z")


def expire(person: User) -> None:
    AccessToken.objects.update(expires_at="2026-01-01T00:00:00Z")


def deactivate(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.parametrize("end", [revoke, expire, deactivate])
def test_credentials_that_end_close_an_idle_connection_at_the_next_check(
    live: Live, settings: Any, learner: User, attempt_id: str, end: Callable[[User], None]
) -> None:
    settings.SUBSCRIPTION_CHECK_SECONDS = 0.02
    client = live.watch(learner, UPDATED, attemptId=attempt_id)

    end(learner)

    assert client.closed() == 4403


def test_credentials_that_have_ended_get_no_further_event(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    client = live.watch(learner, UPDATED, attemptId=attempt_id)

    revoke(learner)
    flag(attempt)

    assert client.closed() == 4403


def cookie_of(browser: Client) -> str:
    return (
        f"{django_settings.SESSION_COOKIE_NAME}={browser.cookies[django_settings.SESSION_COOKIE_NAME].value}"
    )


def test_a_session_that_ends_closes_the_connection(
    live: Live, settings: Any, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    settings.SUBSCRIPTION_CHECK_SECONDS = 0.02
    browser = Client()
    browser.force_login(learner)
    client = live.connections.open(live.address, Cookie=cookie_of(browser), Origin=live.address)
    client.subscribe(UPDATED, attemptId=attempt_id)
    live.wait_for_turn()
    flag(attempt)
    assert client.event()["attemptUpdated"]["id"] == attempt_id

    browser.logout()

    assert client.closed() == 4403


def test_a_cookie_counts_only_beside_an_origin(live: Live, learner: User, attempt_id: str) -> None:
    browser = Client()
    browser.force_login(learner)
    client = live.connections.open(live.address, Cookie=cookie_of(browser))

    client.subscribe(UPDATED, attemptId=attempt_id)

    assert client.refused() == "UNAUTHENTICATED"


# ---------------------------------------------------------------- limits


def test_a_person_has_so_many_subscriptions_and_no_more(
    live: Live, settings: Any, learner: User, attempt_id: str
) -> None:
    settings.MAX_SUBSCRIPTIONS = 2
    first = live.watch(learner, UPDATED, attemptId=attempt_id)
    second = live.watch(learner, RECEIVED)

    second.subscribe(UPDATED, attemptId=attempt_id)
    assert second.refused() == "LIMIT_EXCEEDED"
    first.end("1")
    first.subscribe(UPDATED, attemptId=attempt_id)

    live.wait_for_turn()


def test_a_subscription_that_waits_holds_no_place_among_the_executing(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    live.application.admission = Admission(executing=1, waiting=0)
    client = live.watch(learner, UPDATED, attemptId=attempt_id)
    with event_stream(live.address, live.token(learner), UPDATED, attemptId=attempt_id):
        live.wait_for_turn()

        client.subscribe("{ viewer { unreadNotificationCount } }")

        assert client.event()["viewer"] is not None


# ---------------------------------------------------------------- server-sent events


def test_events_are_sent_as_server_sent_events_too(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    with event_stream(live.address, live.token(learner), UPDATED, attemptId=attempt_id) as events:
        live.wait_for_turn()
        flag(attempt)
        kind, result = next(events)
        assert (kind, result["data"]["attemptUpdated"]["id"]) == ("next", attempt_id)
        revoke(learner)
        flag(attempt, is_flagged=False)
        kind, result = next(events)
        assert (kind, result["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        assert next(events) == ("complete", None)


def test_a_client_that_leaves_is_forgotten(live: Live, learner: User, attempt_id: str) -> None:
    with event_stream(live.address, live.token(learner), UPDATED, attemptId=attempt_id):
        live.wait_for_turn()

    wait_until(lambda: live.application.listener.count(learner.pk) == 0)
