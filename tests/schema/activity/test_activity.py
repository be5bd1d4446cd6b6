"""A person's activity through the API: recording it, and reading what one did oneself."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Course, User, UserActivity
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import People

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)


def _parts(course: Course) -> dict[str, Any]:
    lesson = factories.make_lesson(course=course)
    return {
        "course": course,
        "lesson": lesson,
        "resource": factories.make_resource(lesson=lesson),
        "assessment": factories.make_assessment(lesson=lesson),
    }


def test_what_was_recorded_is_in_the_payload(api: Any, course: Course, learner: User) -> None:
    parts = _parts(course)
    named = {f"{name}Id": ids.encode(name.capitalize(), part.pk) for name, part in parts.items()}
    recorded = api(
        operation("record_activity"),
        learner,
        input={"type": "DOWNLOAD_RESOURCE", "data": {"time_spent": 5, "from": ["a"]}, **named},
    )["recordActivity"]
    assert recorded["userErrors"] == []
    activity = recorded["activity"]
    assert (activity["type"], activity["data"]) == ("DOWNLOAD_RESOURCE", {"time_spent": 5, "from": ["a"]})
    assert {name: activity[name]["id"] for name in parts} == {name: named[f"{name}Id"] for name in parts}
    assert UserActivity.objects.get().user == learner


@pytest.mark.parametrize(
    ("input", "code", "field"),
    [
        ({"type": "TAKE_QUIZ"}, "PERMISSION_DENIED", "type"),
        ({"type": "VIEW_COURSE"}, "REQUIRED", "courseId"),
        ({"type": "VIEW_COURSE", "courseId": "nonsense"}, "NOT_FOUND", "courseId"),
        ({"type": "POST_COMMENT", "lessonId": ids.encode("Course", 1)}, "NOT_FOUND", "lessonId"),
        ({"type": "POST_COMMENT", "data": [1]}, "INVALID", "data"),
        ({"type": "POST_COMMENT", "data": {"a": "x" * 5000}}, "INVALID", "data"),
    ],
)
def test_a_refusal_names_the_part_of_the_input(
    api: Any, learner: User, input: dict[str, Any], code: str, field: str
) -> None:
    recorded = api(operation("record_activity"), learner, input=input)["recordActivity"]
    assert recorded["activity"] is None
    assert [(error["code"], error["field"]) for error in recorded["userErrors"]] == [(code, [field])]
    assert not UserActivity.objects.exists()


@pytest.mark.parametrize(
    ("who", "sees_published", "sees_draft"),
    [
        ("learner", True, True),
        ("learner_elsewhere", True, False),
        ("instructor", True, True),
        ("instructor_elsewhere", True, False),
        ("moderator", True, True),
        ("admin", True, True),
    ],
)
def test_seeing_the_course_is_enough_to_record(
    api: Any, course: Course, people: People, who: str, sees_published: bool, sees_draft: bool
) -> None:
    for is_published, expected in ((True, sees_published), (False, sees_draft)):
        Course.objects.filter(pk=course.pk).update(is_published=is_published)
        viewed = {"type": "VIEW_COURSE", "courseId": ids.encode("Course", course.pk)}
        recorded = api(operation("record_activity"), people[who], input=viewed)["recordActivity"]
        assert (recorded["activity"] is not None) is expected


def test_recording_needs_somebody_signed_in(api: Any, db: None) -> None:
    assert api(operation("record_activity"), input={"type": "POST_COMMENT"}).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("who", ["anonymous", "classmate", "instructor", "moderator", "admin"])
def test_nobody_else_sees_what_a_person_did(api: Any, course: Course, people: People, who: str) -> None:
    activity = factories.make_activity(people.learner, course=course)
    node = "query ($id: ID!) { node(id: $id) { id } }"
    global_id = ids.encode("UserActivity", activity.pk)
    assert api(node, people.learner, id=global_id)["node"] == {"id": global_id}
    assert api(node, people[who], id=global_id)["node"] is None
    if people[who]:
        assert _page(api, people[who])["totalCount"] == 0


def test_what_cannot_be_seen_any_more_is_left_out(api: Any, learner: User) -> None:
    hidden = factories.make_course(is_published=False)
    factories.make_activity(learner, **_parts(hidden))
    [edge] = _page(api, learner)["edges"]
    assert {name: edge["node"][name] for name in ("course", "lesson", "resource", "assessment")} == {
        "course": None,
        "lesson": None,
        "resource": None,
        "assessment": None,
    }


def _page(api: Any, viewer: User, **variables: Any) -> Any:
    return api(operation("viewer_activity"), viewer, **variables)["viewer"]["activity"]


def _numbers(page: Any) -> list[int]:
    return [edge["node"]["data"]["number"] for edge in page["edges"]]


def test_pages_go_both_ways_through_activity_of_one_moment(api: Any, learner: User) -> None:
    for number in range(7):
        factories.make_activity(learner, at=MOMENT, data={"number": number})
    forwards, after = [], None
    for _ in range(4):
        page = _page(api, learner, first=2, after=after)
        forwards += _numbers(page)
        after = page["pageInfo"]["endCursor"]
    assert forwards == [6, 5, 4, 3, 2, 1, 0]
    assert not page["pageInfo"]["hasNextPage"]
    backwards: list[int] = []
    before = None
    for _ in range(4):
        page = _page(api, learner, last=2, before=before)
        backwards = _numbers(page) + backwards
        before = page["pageInfo"]["startCursor"]
    assert backwards == forwards
    assert not page["pageInfo"]["hasPreviousPage"]
    assert page["totalCount"] == 7


@pytest.mark.parametrize(
    ("order", "expected"), [([], [2, 1, 0]), (["NEWEST"], [2, 1, 0]), (["OLDEST"], [0, 1, 2])]
)
def test_activity_can_be_ordered_by_age(
    api: Any, learner: User, order: list[str], expected: list[int]
) -> None:
    for number in range(3):
        factories.make_activity(learner, data={"number": number})
    document = """query ($orderBy: [ActivityOrder!]) {
      viewer { activity(orderBy: $orderBy) { edges { node { data } } } }
    }"""
    assert _numbers(api(document, learner, orderBy=order)["viewer"]["activity"]) == expected


def test_a_list_of_one_type_counts_that_type_only(api: Any, learner: User) -> None:
    factories.make_activity(learner, activity_type="view_course")
    factories.make_activity(learner, activity_type="take_quiz")
    page = _page(api, learner, type="TAKE_QUIZ")
    assert page["totalCount"] == 1
    assert [edge["node"]["type"] for edge in page["edges"]] == ["TAKE_QUIZ"]


def test_a_page_costs_the_same_for_one_activity_and_for_twenty(api: Any, learner: User) -> None:
    costs = []
    for more in (1, 19):
        for _ in range(more):
            course = factories.make_course()
            factories.enroll(learner, course)
            factories.make_activity(learner, **_parts(course))
        with CaptureQueriesContext(connection) as statements:
            page = _page(api, learner, first=20)
        costs.append(len(statements))
    assert len(page["edges"]) == 20
    assert all(edge["node"]["resource"] for edge in page["edges"])
    assert costs[0] == costs[1]
