"""What an event shows, and to whom: as much as a query would at that moment."""

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from courses.constants import NotificationType, Scope
from courses.models import Assessment, AssessmentAttempt, Notification, User
from courses.services.notifications import notify
from schema.attempts.subscriptions import AttemptFeed
from schema.core import ids
from schema.execution import listening
from schema.execution.listening import Listener
from schema.notifications.subscriptions import NotificationFeed
from tests import factories
from tests.conftest import Answered
from tests.operations import operation
from tests.people import People
from tests.taking import RIGHT, answers_to, complete, let_time_run_out, page, start

UPDATED = operation("attempt_updated")
RECEIVED = operation("notification_received")
WHOLE_PAGE = (
    operation("attempt_page")
    .replace("query AttemptPage($id: ID!)", "subscription ($id: ID!)")
    .replace("attempt(id: $id)", "attemptUpdated(attemptId: $id)")
)
MAY_WATCH = {
    "learner": True,
    "classmate": False,
    "learner_elsewhere": False,
    "instructor": True,
    "instructor_elsewhere": False,
    "moderator": True,
    "admin": True,
}

FirstEvent = Callable[..., Answered]


def test_an_attempt_is_watched_by_its_learner_and_the_staff_of_its_course_only(
    api: Any, first_event: FirstEvent, people: People, assessment: Assessment
) -> None:
    attempt = start(api, people.learner, assessment)["id"]

    answers = {who: first_event(UPDATED, people[who], attemptId=attempt) for who in MAY_WATCH}

    assert {who: answer.codes for who, answer in answers.items()} == {
        who: [] if may else ["NOT_FOUND"] for who, may in MAY_WATCH.items()
    }
    shown = [answers[who]["attemptUpdated"]["id"] for who, may in MAY_WATCH.items() if may]
    assert shown == [attempt] * 4


def test_what_is_not_visible_and_what_is_not_there_are_one_answer(
    api: Any, first_event: FirstEvent, people: People, assessment: Assessment
) -> None:
    hidden = start(api, people.learner, assessment)["id"]
    nothing = [ids.encode("AssessmentAttempt", 10**6), ids.encode("Assessment", assessment.pk), "no id", ""]

    refusals = [first_event(UPDATED, people.classmate, attemptId=one) for one in [hidden, *nothing]]

    assert all(refusal.errors == refusals[0].errors for refusal in refusals)
    assert refusals[0].codes == ["NOT_FOUND"]


@pytest.mark.parametrize("document", [UPDATED, RECEIVED])
def test_nobody_who_is_not_signed_in_subscribes(
    first_event: FirstEvent, assessment: Assessment, document: str
) -> None:
    variables = {"attemptId": "x"} if document == UPDATED else {}
    assert first_event(document, None, **variables).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("document", "needed"), [(UPDATED, Scope.ATTEMPTS_READ), (RECEIVED, Scope.NOTIFICATIONS_READ)]
)
def test_a_token_needs_the_scope(
    first_event: FirstEvent, learner: User, document: str, needed: Scope
) -> None:
    others = frozenset(Scope.values) - {needed}
    variables = {"attemptId": "x"} if document == UPDATED else {}
    assert first_event(document, learner, others, **variables).codes == ["TOKEN_SCOPE_MISSING"]


@pytest.mark.parametrize("shows", [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_an_event_shows_exactly_what_a_query_shows(
    api: Any,
    first_event: FirstEvent,
    people: People,
    assessment: Assessment,
    shows: tuple[bool, bool],
    who: str,
) -> None:
    results, key = shows
    Assessment.objects.update(show_results=results, show_correct_answers=key, max_attempts=1, time_limit=0)
    viewer, attempt = people[who], start(api, people.learner, assessment)

    during = first_event(WHOLE_PAGE, viewer, id=attempt["id"])["attemptUpdated"]
    assert during == page(api, viewer, attempt["id"])
    complete(api, people.learner, attemptId=attempt["id"], answers=answers_to(attempt, RIGHT))
    after = first_event(WHOLE_PAGE, viewer, id=attempt["id"])["attemptUpdated"]
    assert after == page(api, viewer, attempt["id"])

    keys_shown = {question["solution"] is not None for question in after["questions"]}
    assert keys_shown == {who == "instructor" or (results and key)}


def test_no_event_of_an_open_attempt_holds_the_key_or_a_result(
    api: Any, first_event: FirstEvent, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)

    shown = first_event(WHOLE_PAGE, learner, id=attempt["id"])["attemptUpdated"]

    assert [(question["result"], question["solution"]) for question in shown["questions"]] == [
        (None, None)
    ] * 7
    assert (shown["score"], shown["isPassed"], shown["ipAddress"]) == (None, None, None)


def test_an_event_costs_the_same_for_one_question_and_for_twenty(
    first_event: FirstEvent, django_assert_num_queries: Any
) -> None:
    def statements(questions: int) -> int:
        assessment = factories.make_assessment()
        for _ in range(questions):
            factories.single_choice(assessment)
        learner = factories.make_learner(assessment.lesson.course)
        attempt = ids.encode("AssessmentAttempt", factories.make_attempt(learner, assessment).pk)
        with CaptureQueriesContext(connection) as captured:
            first_event(UPDATED, learner, attemptId=attempt)["attemptUpdated"]
        return len(captured)

    assert statements(1) == statements(20)


class TestNotificationFeed:
    """Which notifications are new."""

    @pytest.fixture
    def person(self, db: None) -> User:
        return factories.make_user()

    def test_what_was_there_before_is_not_new(self, person: User) -> None:
        factories.make_notification(person)
        feed = self.begun(person)
        assert feed.read(person) is None

    def test_new_ones_are_given_oldest_first_and_each_once(self, person: User) -> None:
        feed = self.begun(person)
        told = [factories.make_notification(person).pk for _ in range(3)]
        assert [feed.read(person).pk for _ in told] == told
        assert feed.read(person) is None

    def test_those_of_others_are_never_given(self, person: User) -> None:
        feed = self.begun(person)
        notify(
            recipients=[factories.make_user()],
            type=NotificationType.CUSTOM,
            title="Theirs",
            message="Theirs.",
        )
        assert feed.read(person) is None

    def test_one_that_took_its_key_early_and_was_committed_late_is_not_missed(self, person: User) -> None:
        early, late = (factories.make_notification(person) for _ in range(2))
        Notification.objects.filter(pk=early.pk).delete()  # not committed yet, as others see it
        feed = self.begun(person)
        early.save(force_insert=True)
        assert late.pk > early.pk
        assert feed.read(person).pk == early.pk

    def test_one_that_is_deleted_brings_no_older_one_back(self, person: User) -> None:
        old = [factories.make_notification(person) for _ in range(101)]
        feed = self.begun(person)
        old[-1].delete()
        assert feed.read(person) is None

    def begun(self, person: User) -> NotificationFeed:
        feed = NotificationFeed(person.pk)
        feed.begin(person)
        return feed


def test_an_attempt_whose_time_is_over_is_sent_closed(
    api: Any, first_event: FirstEvent, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    let_time_run_out(AssessmentAttempt.objects.get())

    shown = first_event(UPDATED, learner, attemptId=attempt["id"])["attemptUpdated"]

    assert (shown["state"], shown["endedBy"]) == ("COMPLETED", "TIMER")


def test_what_the_database_cannot_answer_now_is_sent_later(
    first_event: FirstEvent, learner: User, assessment: Assessment, settings: Any, monkeypatch: Any
) -> None:
    settings.SUBSCRIPTION_CHECK_SECONDS = 0.01
    attempt = factories.make_attempt(learner, assessment)
    read, fails = AttemptFeed.read, iter([False, True, True, False])

    def read_or_fail(self: AttemptFeed, viewer: User) -> Any:
        if next(fails):
            raise OperationalError("host=secret.example is away")
        return read(self, viewer)

    monkeypatch.setattr(AttemptFeed, "read", read_or_fail)

    shown = first_event(UPDATED, learner, attemptId=ids.encode("AssessmentAttempt", attempt.pk))

    assert shown["attemptUpdated"]["revision"] == attempt.revision
    assert next(fails, "none is left") == "none is left"


def test_a_subscription_is_refused_while_the_database_cannot_be_listened_to(
    first_event: FirstEvent, learner: User, settings: Any, monkeypatch: Any
) -> None:
    def is_away() -> None:
        raise psycopg2.OperationalError("host=secret.example is away")

    settings.REQUEST_DEADLINE_SECONDS = 0.01
    monkeypatch.setattr(listening, "_open_session", is_away)

    refused = first_event(RECEIVED, learner, listener=Listener())

    assert refused.codes == ["UNAVAILABLE"]
    assert "secret" not in str(refused.errors)


def test_a_wrong_argument_is_told_in_its_place_of_an_event(
    api: Any, first_event: FirstEvent, people: People, assessment: Assessment
) -> None:
    attempt = start(api, people.learner, assessment)["id"]
    document = """subscription ($id: ID!) { attemptUpdated(attemptId: $id) {
      state assessment { title y: attempts(first: 0) { totalCount } }
    } }"""

    event = first_event(document, people.learner, id=attempt)

    shown = {"title": assessment.title, "y": None}
    assert event.data == {"attemptUpdated": {"state": "IN_PROGRESS", "assessment": shown}}
    [error] = event.errors
    assert error["path"] == ["attemptUpdated", "assessment", "y"]
    assert event.codes == ["BAD_USER_INPUT"]
