"""The query `events`: pages of the feed, its cursors, and what an event shows to whom."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.constants import EventType, Scope
from courses.models import Course, Event, User
from courses.selectors.events import encode_cursor
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import People
from tests.taking import Api

EVENTS = operation("events")


def _types(page: dict[str, Any]) -> list[str]:
    return [event["type"] for event in page["events"]]


def test_an_event_names_what_has_changed(api: Api, course: Course, people: People) -> None:
    attempt = factories.make_event(
        course, EventType.ATTEMPT_SAVED, subject_id=77, learner_id=people.learner.pk, revision=3
    )
    factories.make_event(course, EventType.REVIEW_DELETED, subject_id=5)

    page = api(EVENTS, people.instructor)["events"]

    assert page["events"] == [
        {
            "id": ids.encode("Event", 1),
            "type": "ATTEMPT_SAVED",
            "occurredAt": attempt.occurred_at.isoformat(),
            "subjectId": ids.encode("AssessmentAttempt", 77),
            "revision": 3,
            "course": {"id": ids.encode("Course", course.pk)},
            "learner": {"id": ids.encode("User", people.learner.pk)},
        },
        {
            "id": ids.encode("Event", 2),
            "type": "REVIEW_DELETED",
            "occurredAt": Event.objects.get(pk=2).occurred_at.isoformat(),
            "subjectId": ids.encode("Review", 5),
            "revision": None,
            "course": {"id": ids.encode("Course", course.pk)},
            "learner": None,
        },
    ]
    assert (page["endCursor"], page["hasMore"]) == (encode_cursor(2), False)


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        (EventType.ENROLLMENT_CHANGED, "Enrollment"),
        (EventType.LESSON_COMPLETED, "Lesson"),
        (EventType.ASSESSMENT_CHANGED, "Assessment"),
        (EventType.COURSE_CHANGED, "Course"),
    ],
)
def test_the_subject_has_the_id_by_which_node_finds_it(
    api: Api, people: People, rows: dict[str, str], course: Course, type: EventType, kind: str
) -> None:
    pk = ids.pk(rows[kind], kind)
    factories.make_event(course, type, subject_id=pk)
    [event] = api(EVENTS, people.instructor)["events"]["events"]
    assert event["subjectId"] == rows[kind]
    assert api("query($id: ID!) { node(id: $id) { id } }", people.instructor, id=event["subjectId"])["node"]


def test_pages_are_read_on_also_from_an_empty_one(api: Api, course: Course, people: People) -> None:
    empty = api(EVENTS, people.learner)["events"]
    assert empty == {"events": [], "endCursor": encode_cursor(0), "hasMore": False}
    for _ in range(3):
        factories.make_event(course)
    first = api(EVENTS, people.learner, after=empty["endCursor"], first=2)["events"]
    assert (len(first["events"]), first["hasMore"]) == (2, True)
    second = api(EVENTS, people.learner, after=first["endCursor"], first=2)["events"]
    assert (len(second["events"]), second["hasMore"]) == (1, False)
    third = api(EVENTS, people.learner, after=second["endCursor"])["events"]
    assert third == {"events": [], "endCursor": second["endCursor"], "hasMore": False}


def test_a_cursor_passes_what_the_viewer_does_not_see(api: Api, course: Course, people: People) -> None:
    factories.make_event(course, EventType.LESSON_COMPLETED, learner_id=people.classmate.pk)
    page = api(EVENTS, people.learner)["events"]
    assert page == {"events": [], "endCursor": encode_cursor(1), "hasMore": False}


def test_the_feed_is_narrowed_by_type_and_course(api: Api, course: Course, people: People) -> None:
    elsewhere = factories.make_course()
    factories.make_event(course)
    factories.make_event(course, EventType.ASSESSMENT_CHANGED)
    factories.make_event(elsewhere)
    viewer = people.moderator
    assert _types(api(EVENTS, viewer, types=["ASSESSMENT_CHANGED"])["events"]) == ["ASSESSMENT_CHANGED"]
    assert _types(api(EVENTS, viewer, types=[])["events"]) == []
    one = api(EVENTS, viewer, courseId=ids.encode("Course", elsewhere.pk))["events"]
    assert [event["id"] for event in one["events"]] == [ids.encode("Event", 3)]
    for nothing in (ids.encode("Course", 10**6), ids.encode("User", course.pk), "nonsense"):
        assert _types(api(EVENTS, viewer, courseId=nothing)["events"]) == []


def test_the_course_and_the_learner_are_as_visible_as_anywhere(api: Api, people: People) -> None:
    draft = factories.make_course(is_published=False)
    stranger = factories.make_user()
    factories.make_event(draft, EventType.REVIEW_CHANGED, learner_id=people.learner.pk)
    factories.make_event(draft, learner_id=stranger.pk)
    [own] = api(EVENTS, people.learner)["events"]["events"]
    assert (own["course"], own["learner"]) == (None, {"id": ids.encode("User", people.learner.pk)})
    factories.enroll(people.learner, draft)
    _, changed = api(EVENTS, people.learner)["events"]["events"]
    assert (changed["course"], changed["learner"]) == ({"id": ids.encode("Course", draft.pk)}, None)


def test_a_cursor_that_is_too_old_has_expired(api: Api, course: Course, people: People) -> None:
    for _ in range(3):
        factories.make_event(course)
    Event.objects.filter(pk__lte=2).delete()
    assert api(EVENTS, people.learner, after=encode_cursor(1)).codes == ["CURSOR_EXPIRED"]
    assert len(api(EVENTS, people.learner, after=encode_cursor(2))["events"]["events"]) == 1
    assert len(api(EVENTS, people.learner)["events"]["events"]) == 1


@pytest.mark.parametrize("after", ["", "nonsense", encode_cursor(1), "WzFd"])
def test_a_cursor_that_is_none_of_the_feed_is_refused(api: Api, people: People, after: str) -> None:
    assert api(EVENTS, people.learner, after=after).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("first", [0, -1, 101])
def test_a_page_has_the_size_of_all_others(api: Api, people: People, first: int) -> None:
    assert api(EVENTS, people.learner, first=first).codes == ["BAD_USER_INPUT"]


def test_nobody_sees_nothing_and_a_token_needs_the_scope(api: Api, course: Course, learner: User) -> None:
    factories.make_event(course)
    assert api(EVENTS)["events"]["events"] == []
    others = frozenset(Scope.values) - {Scope.EVENTS_READ}
    assert api(EVENTS, learner, scopes=others).codes == ["TOKEN_SCOPE_MISSING"]
    thin = "{ events { events { type } } }"
    assert _types(api(thin, learner, scopes=frozenset({"events:read"}))["events"]) == ["COURSE_CHANGED"]


@pytest.mark.parametrize("number", [1, 20])
@pytest.mark.parametrize("name", ["learner", "instructor", "moderator"])
def test_a_page_is_three_statements_however_many_events_it_has(
    api: Api, course: Course, people: People, name: str, number: int
) -> None:
    for _ in range(number):
        factories.make_event(course, EventType.COURSE_CHANGED, learner_id=people.learner.pk)
    asked = """query($first: Int) { events(first: $first) { events { id type subjectId revision
      course { id title slug isPublished } learner { id displayName } } endCursor hasMore } }"""
    with CaptureQueriesContext(connection) as statements:
        page = api(asked, people[name], first=number)["events"]
    assert [event["course"]["title"] for event in page["events"]] == [course.title] * number
    assert [event["learner"]["id"] for event in page["events"]] == [
        ids.encode("User", people.learner.pk)
    ] * number
    assert len(statements) == 3
