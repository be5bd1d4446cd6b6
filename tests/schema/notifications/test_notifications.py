"""Notifications through the API: reading one's own, and announcing to a course."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Course, Notification
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import People

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)


def _page(api: Any, viewer: Any, **variables: Any) -> Any:
    return api(operation("viewer_notifications"), viewer, **variables)["viewer"]["notifications"]


@pytest.mark.parametrize(
    "who", ["anonymous", "learner_elsewhere", "classmate", "instructor", "moderator", "admin"]
)
def test_a_notification_is_its_recipients_alone(api: Any, people: People, course: Course, who: str) -> None:
    notification = factories.make_notification(people["learner"], course=course)
    global_id = ids.encode("Notification", notification.pk)
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert api(node, people["learner"], id=global_id)["node"] == {"id": global_id}
    assert api(node, people[who], id=global_id)["node"] is None
    if people[who]:
        marked = api(operation("mark_notification_read"), people[who], input={"notificationId": global_id})
        errors = marked["markNotificationRead"]["userErrors"]
        assert [(error["code"], error["field"]) for error in errors] == [("NOT_FOUND", ["notificationId"])]
        assert _page(api, people[who])["totalCount"] == 0
    assert not Notification.objects.get().is_read


def test_everything_about_a_notification_is_shown(api: Any, people: People, course: Course) -> None:
    factories.make_notification(
        people["learner"], course=course, notification_type="achievement", action_url="/courses/1"
    )
    factories.make_notification(people["learner"])
    plain, about_course = (edge["node"] for edge in _page(api, people["learner"])["edges"])
    assert (about_course["type"], about_course["title"], about_course["message"]) == (
        "ACHIEVEMENT",
        "News",
        "There is news.",
    )
    assert about_course["actionUrl"] == "/courses/1"
    assert about_course["course"]["id"] == ids.encode("Course", course.pk)
    assert (about_course["isRead"], about_course["readAt"]) == (False, None)
    assert (plain["actionUrl"], plain["course"]) == (None, None)


def test_reading_one_shows_when_and_lowers_the_count(api: Any, people: People) -> None:
    first, _ = (factories.make_notification(people["learner"]) for _ in range(2))
    global_id = ids.encode("Notification", first.pk)
    marked = api(operation("mark_notification_read"), people["learner"], input={"notificationId": global_id})
    shown = marked["markNotificationRead"]["notification"]
    assert (shown["id"], shown["isRead"]) == (global_id, True)
    assert shown["readAt"] is not None
    answered = api(operation("viewer_notifications"), people["learner"], unreadOnly=True)["viewer"]
    assert answered["unreadNotificationCount"] == 1
    assert answered["notifications"]["totalCount"] == 1
    assert answered["notifications"]["edges"][0]["node"]["id"] != global_id


def test_reading_all_tells_how_many_were_unread(api: Any, people: People, course: Course) -> None:
    learner = people["learner"]
    for about in (course, None, None):
        factories.make_notification(learner, course=about)

    def mark(**input: Any) -> int:
        answered = api(operation("mark_all_notifications_read"), learner, input=input)
        count: int = answered["markAllNotificationsRead"]["markedCount"]
        return count

    assert mark(courseId=ids.encode("Course", course.pk)) == 1
    assert (mark(), mark()) == (2, 0)
    assert api(operation("viewer_notifications"), learner)["viewer"]["unreadNotificationCount"] == 0


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("learner_elsewhere", "PERMISSION_DENIED"),
        ("learner", "PERMISSION_DENIED"),
        ("instructor_elsewhere", "PERMISSION_DENIED"),
        ("instructor", None),
        ("moderator", None),
        ("admin", None),
    ],
)
def test_the_staff_of_a_course_announces(
    api: Any, people: People, course: Course, who: str, code: str | None
) -> None:
    announced = _announce(api, people[who], course)
    assert [error["code"] for error in announced["userErrors"]] == ([code] if code else [])
    assert announced["recipientCount"] == (None if code else 2)
    assert Notification.objects.count() == (0 if code else 2)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"title": ""}, ["title"]),
        ({"message": " "}, ["message"]),
        ({"title": "x" * 256}, ["title"]),
        ({"actionUrl": "javascript:alert(1)"}, ["actionUrl"]),
    ],
)
def test_an_announcement_that_cannot_be_told_names_the_field(
    api: Any, people: People, course: Course, fields: dict[str, str], path: list[str]
) -> None:
    announced = _announce(api, people["instructor"], course, **fields)
    assert [(error["code"], error["field"]) for error in announced["userErrors"]] == [("INVALID", path)]
    assert not Notification.objects.exists()


def test_announcing_costs_the_same_for_one_learner_and_for_twenty(
    api: Any, people: People, course: Course
) -> None:
    costs = []
    for more in (0, 18):
        for _ in range(more):
            factories.make_learner(course)
        with CaptureQueriesContext(connection) as statements:
            announced = _announce(api, people["instructor"], course)
        costs.append(len(statements))
    assert announced["recipientCount"] == 20
    assert costs[0] == costs[1]


@pytest.mark.parametrize("name", ["announce", "mark_notification_read", "mark_all_notifications_read"])
def test_nothing_happens_without_signing_in(api: Any, course: Course, name: str) -> None:
    inputs = {
        "announce": {"courseId": "x", "title": "x", "message": "x"},
        "mark_notification_read": {"notificationId": "x"},
        "mark_all_notifications_read": {},
    }
    assert api(operation(name), input=inputs[name]).codes == ["UNAUTHENTICATED"]


def test_pages_go_both_ways_through_notifications_of_one_moment(api: Any, people: People) -> None:
    learner = people["learner"]
    for number in range(5):
        factories.make_notification(learner, title=str(number))
    Notification.objects.update(created_date=MOMENT)
    first = _page(api, learner, first=3)
    second = _page(api, learner, first=3, after=first["pageInfo"]["endCursor"])
    back = _page(api, learner, last=3, before=second["pageInfo"]["startCursor"])
    assert [_titles(page) for page in (first, second, back)] == [["4", "3", "2"], ["1", "0"], ["4", "3", "2"]]


def _titles(page: Any) -> list[str]:
    return [edge["node"]["title"] for edge in page["edges"]]


def test_a_page_costs_the_same_for_one_notification_and_for_twenty(api: Any, people: People) -> None:
    costs = []
    for more in (1, 19):
        for _ in range(more):
            factories.make_notification(people["learner"], course=factories.make_course())
        with CaptureQueriesContext(connection) as statements:
            page = _page(api, people["learner"], first=20)
        costs.append(len(statements))
    assert len(page["edges"]) == 20
    assert costs[0] == costs[1]


def _announce(api: Any, viewer: Any, course: Course, **fields: str) -> Any:
    told = {"courseId": ids.encode("Course", course.pk), "title": "Exam", "message": "On Monday."} | fields
    return api(operation("announce"), viewer, input=told)["announce"]
