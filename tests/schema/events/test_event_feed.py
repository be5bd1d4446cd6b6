"""Subscribers to the event feed of a running server: each event once, in order, from the beginning on."""

from typing import Any

from courses.constants import EventType
from courses.models import Course, User
from courses.services.events import Subject, move_events, record
from schema.core import ids
from schema.events.subscriptions import EventFeed
from tests import factories
from tests.operations import operation
from tests.people import People
from tests.schema.core.subscriptions.conftest import Live, first_event, live, real_threads
from tests.subscribing import event_stream

__all__ = ["first_event", "live", "real_threads"]

OCCURRED = operation("event_occurred")


def _change(course: Course, *learners: User, type: EventType = EventType.COURSE_CHANGED) -> None:
    record(
        type, [Subject(course.pk, course.pk, each.pk) for each in learners] or [Subject(course.pk, course.pk)]
    )


def _id(position: int) -> str:
    return ids.encode("Event", position)


def test_every_event_comes_once_and_in_order_and_none_from_before(
    live: Live, people: People, course: Course
) -> None:
    _change(course)
    client = live.watch(people.learner, OCCURRED)
    for _ in range(3):
        _change(course)
    assert move_events() == 3
    _change(course, type=EventType.ASSESSMENT_CHANGED)
    assert move_events() == 1
    came = [client.event()["eventOccurred"] for _ in range(4)]
    assert [event["id"] for event in came] == [_id(2), _id(3), _id(4), _id(5)]
    assert [event["type"] for event in came] == ["COURSE_CHANGED"] * 3 + ["ASSESSMENT_CHANGED"]


def test_subscribers_are_told_what_they_asked_for_and_may_see(
    live: Live, people: People, course: Course
) -> None:
    elsewhere = factories.make_course()
    asked: list[dict[str, Any]] = [
        {"types": ["LESSON_COMPLETED"]},
        {"courseId": ids.encode("Course", elsewhere.pk)},
    ]
    by_type, by_course = (live.watch(people.moderator, OCCURRED, **each) for each in asked)
    own = live.watch(people.learner, OCCURRED)
    _change(course, people.classmate, people.learner, type=EventType.LESSON_COMPLETED)
    _change(elsewhere)
    assert move_events() == 3
    assert [by_type.event()["eventOccurred"]["id"] for _ in range(2)] == [_id(1), _id(2)]
    assert by_course.event()["eventOccurred"]["id"] == _id(3)
    assert own.event()["eventOccurred"]["id"] == _id(2)


def test_events_are_streamed_as_server_sent_events_too(live: Live, people: People, course: Course) -> None:
    with event_stream(live.address, live.token(people.learner), OCCURRED) as events:
        live.wait_for_turn()
        _change(course)
        move_events()
        kind, result = next(events)
        assert (kind, result["data"]["eventOccurred"]["id"]) == ("next", _id(1))


def test_a_course_that_is_not_visible_is_not_found(first_event: Any, people: People) -> None:
    draft = factories.make_course(is_published=False)
    for course_id in (ids.encode("Course", draft.pk), ids.encode("Course", 10**6), "nonsense"):
        assert first_event(OCCURRED, people.learner, courseId=course_id).codes == ["NOT_FOUND"]


def test_nobody_subscribes_without_the_scope(first_event: Any, people: People) -> None:
    assert first_event(OCCURRED).codes == ["UNAUTHENTICATED"]
    assert first_event(OCCURRED, people.learner, frozenset({"courses:read"})).codes == ["TOKEN_SCOPE_MISSING"]


def test_an_event_that_could_not_be_filled_is_read_again(people: People, course: Course) -> None:
    feed = EventFeed(None, None)
    feed.begin(people.learner)
    factories.make_event(course)
    factories.make_event(course)
    assert [feed.read(people.learner).pk, feed.read(people.learner).pk] == [1, 1]
    feed.sent()
    assert feed.read(people.learner).pk == 2
    feed.sent()
    assert feed.read(people.learner) is None


def test_events_that_are_not_for_the_viewer_are_passed(people: People, course: Course) -> None:
    feed = EventFeed([EventType.ASSESSMENT_CHANGED], course.pk)
    feed.begin(people.learner)
    factories.make_event(course)
    assert feed.read(people.learner) is None
    factories.make_event(course, EventType.ASSESSMENT_CHANGED)
    assert feed.read(people.learner).pk == 2
