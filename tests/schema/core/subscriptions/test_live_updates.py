"""Subscribers of a running server: what reaches them."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from courses.constants import NotificationType, RegradePolicy
from courses.models import Answer, Assessment, AssessmentAttempt, AttemptAnswer, User
from courses.services.accommodations import grant_accommodation
from courses.services.attempt_endings import close_expired_attempts
from courses.services.attempt_interventions import close_attempt, extend_attempt
from courses.services.grading import grade_answer
from courses.services.notifications import announce, notify
from courses.services.regrading import apply_regrade
from courses.utils.sql import execute
from schema.execution.listening import SESSION_NAME
from tests import factories
from tests.operations import operation
from tests.people import People
from tests.schema.core.subscriptions.conftest import Live, flag
from tests.taking import RIGHT, Api, answers_to, complete, let_time_run_out, start, submit

UPDATED = operation("attempt_updated")
RECEIVED = operation("notification_received")


def lose_the_session_that_listens() -> None:
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = %(name)s",
        name=SESSION_NAME,
    )


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
    Answer.objects.filter(question__question_text="Short?").update(answer_text="something else")
    apply_regrade(grader=people.instructor, assessment_id=attempt.assessment_id, policy=RegradePolicy.EXACT)
    assert told()["score"] == 11


def test_the_timer_closing_an_attempt_reaches_its_learner(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    client = live.watch(learner, UPDATED, attemptId=attempt_id)

    let_time_run_out(attempt)
    assert close_expired_attempts() == 1

    assert client.event()["attemptUpdated"]["endedBy"] == "TIMER"


def test_later_deadlines_and_the_end_by_the_staff_reach_the_learner(
    live: Live, people: People, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(
        deadline_at=attempt.start_time + timedelta(minutes=30)
    )
    Assessment.objects.filter(pk=attempt.assessment_id).update(time_limit=30)
    deadlines = (
        "subscription($attemptId: ID!) { attemptUpdated(attemptId: $attemptId) { deadlineAt endedBy } }"
    )
    client = live.watch(people.learner, deadlines, attemptId=attempt_id)

    def told() -> tuple[datetime, str | None]:
        event = client.event()["attemptUpdated"]
        live.wait_for_turn()
        return datetime.fromisoformat(event["deadlineAt"]), event["endedBy"]

    grant_accommodation(
        author=people.instructor,
        learner_ids=[people.learner.pk],
        assessment_id=attempt.assessment_id,
        extra_minutes=10,
        apply_to_open_attempts=True,
    )
    assert told() == (attempt.start_time + timedelta(minutes=40), None)
    extend_attempt(author=people.instructor, attempt_id=attempt.pk, minutes=5)
    assert told() == (attempt.start_time + timedelta(minutes=45), None)
    close_attempt(author=people.instructor, attempt_id=attempt.pk)
    assert told() == (attempt.start_time + timedelta(minutes=45), "STAFF")


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
    live.wait_for_turn()
    live.wait_for_turn()

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


def test_whoever_is_no_longer_of_the_platforms_staff_sees_no_further_event(
    live: Live, people: People, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    client = live.watch(people.moderator, UPDATED, attemptId=attempt_id)

    User.objects.filter(pk=people.moderator.pk).update(is_staff=False)
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
