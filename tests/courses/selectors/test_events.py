"""The event feed: who sees which events, and reading on from a position."""

from collections.abc import Collection

import pytest

from courses.constants import EVENTS_FOR_LEARNERS, EnrollmentStatus, EventType
from courses.models import Course, Event, User
from courses.selectors import events
from courses.selectors.events import CursorExpired, events_after, events_visible_to
from tests import factories
from tests.people import EVERYBODY, People, people_of

OTHERS = ("classmate", "learner_elsewhere", "instructor_elsewhere", "anonymous")


@pytest.fixture
def course(db: None) -> Course:
    return factories.make_course()


@pytest.fixture
def people(course: Course) -> People:
    return people_of(course)


def _positions(
    viewer: User | None, position: int | None = None, size: int = 100, **only: object
) -> list[int]:
    return [event.pk for event in events_after(viewer, position, size=size, **only).events]  # type: ignore[arg-type]


@pytest.mark.parametrize("type", EventType)
def test_staff_see_all_a_learner_their_own_and_those_who_take_the_course_its_changes(
    course: Course, people: People, type: EventType
) -> None:
    event = factories.make_event(course, type, learner_id=people.learner.pk)
    for name in EVERYBODY:
        viewer = people[name]
        sees = name not in OTHERS or (name == "classmate" and type in EVENTS_FOR_LEARNERS)
        assert list(events_visible_to(viewer)) == [event] * sees, name
        assert events_after(viewer, None, size=10).events == [event] * sees, name
        found = events_after(viewer, None, size=10, types=[type], course_id=course.pk)
        assert found.events == [event] * sees, name
        assert events_after(viewer, None, size=10, course_id=course.pk + 1_000).events == [], name


def test_who_has_left_a_course_sees_what_was_theirs_and_nothing_new_of_it(course: Course) -> None:
    learner = factories.make_user()
    factories.enroll(learner, course, status=EnrollmentStatus.WITHDRAWN)
    own = factories.make_event(course, EventType.ENROLLMENT_CHANGED, learner_id=learner.pk)
    factories.make_event(course)
    assert list(events_visible_to(learner)) == events_after(learner, None, size=10).events == [own]


def test_an_event_that_is_seen_for_several_reasons_comes_once(course: Course, people: People) -> None:
    course.instructors.add(people.learner)
    factories.make_event(course, learner_id=people.learner.pk)
    assert _positions(people.learner) == [1]


@pytest.mark.parametrize("name", ["learner", "instructor", "moderator"])
def test_pages_follow_each_other_without_gap_or_double(course: Course, people: People, name: str) -> None:
    elsewhere = factories.make_course()
    for number in range(7):
        factories.make_event(elsewhere if number % 3 == 2 else course)
    viewer, position, walked, has_more = people[name], None, [], True
    while has_more:
        passage = events_after(viewer, position, size=2)
        walked += [event.pk for event in passage.events]
        position, has_more = passage.end, passage.has_more
    assert walked == ([1, 2, 3, 4, 5, 6, 7] if name == "moderator" else [1, 2, 4, 5, 7])
    assert position == 7


def test_the_end_of_the_feed_is_the_end_also_where_nothing_was_found(course: Course, people: People) -> None:
    assert events_after(people.learner, None, size=2) == events.Passage([], 0, has_more=False)
    factories.make_event(course, EventType.LESSON_COMPLETED, learner_id=people.classmate.pk)
    assert events_after(people.learner, 0, size=2) == events.Passage([], 1, has_more=False)


def test_a_rare_type_is_looked_for_a_window_at_a_time(
    course: Course, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "WINDOW", 3)
    for _ in range(4):
        factories.make_event(course)
    factories.make_event(course, EventType.ASSESSMENT_CHANGED)
    rare: Collection[EventType] = [EventType.ASSESSMENT_CHANGED]
    first = events_after(people.instructor, None, size=1, types=rare)
    assert (first.events, first.end, first.has_more) == ([], 3, True)
    second = events_after(people.instructor, first.end, size=1, types=rare)
    assert ([event.pk for event in second.events], second.end, second.has_more) == ([5], 5, False)


def test_a_page_full_of_a_type_ends_at_its_last_event(course: Course, people: People) -> None:
    for _ in range(3):
        factories.make_event(course)
    passage = events_after(people.instructor, None, size=2, types=[EventType.COURSE_CHANGED])
    assert ([event.pk for event in passage.events], passage.end, passage.has_more) == ([1, 2], 2, True)


def test_a_cursor_before_what_is_kept_has_expired_and_one_at_its_edge_has_not(
    course: Course, people: People
) -> None:
    for _ in range(4):
        factories.make_event(course)
    Event.objects.filter(pk__lte=2).delete()
    assert _positions(people.instructor, 2) == [3, 4]
    assert _positions(people.instructor, None) == [3, 4]
    with pytest.raises(CursorExpired):
        events_after(people.instructor, 1, size=10)


def test_a_position_that_is_yet_to_come_is_refused(course: Course, people: People) -> None:
    factories.make_event(course)
    assert _positions(people.instructor, 1) == []
    with pytest.raises(ValueError, match="yet to come"):
        events_after(people.instructor, 2, size=10)


def test_a_cursor_is_read_as_it_was_written() -> None:
    assert events.decode_cursor(events.encode_cursor(0)) == 0
    assert events.decode_cursor(events.encode_cursor(10**18 - 1)) == 10**18 - 1


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "é", "WzFd", "ZXZlbnQ6LTE=", "ZXZlbnQ6MTIzNDU2Nzg5MDEyMzQ1Njc4OQ=="]
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        events.decode_cursor(cursor)


def test_every_type_has_a_subject() -> None:
    kinds = set(map(events.subject_type, EventType))
    assert kinds == {"AssessmentAttempt", "Enrollment", "Lesson", "Review", "Assessment", "Course"}
