"""The signed-in person, and everything that is theirs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import User
from tests.factories import (
    make_course,
    make_learner,
    make_lesson,
    make_note,
    make_notification,
    make_review,
    make_user,
)

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]
VIEWER_PAGE = (settings.BASE_DIR / "tests/schema/operations/viewer_page.graphql").read_text("utf-8")


def _learner_with(count: int) -> User:
    """A learner with `count` courses, each with a review and a note of theirs."""
    learner = make_user()
    for _ in range(count):
        course = make_course()
        lesson = make_lesson(course=course)
        learner.enrollments.create(course=course)
        make_review(learner, course)
        make_note(learner, lesson)
    return learner


def test_viewer_is_null_when_nobody_is_signed_in(api: Api) -> None:
    assert api(VIEWER_PAGE)["viewer"] is None


def test_viewer_lists_what_is_theirs_and_nothing_of_anybody_else(api: Api) -> None:
    _learner_with(2)
    learner = _learner_with(3)
    viewer = api(VIEWER_PAGE, viewer=learner)["viewer"]
    assert viewer["user"]["username"] == learner.username
    assert [viewer[name]["totalCount"] for name in ("enrollments", "reviews", "notes")] == [3, 3, 3]


def test_the_page_of_the_viewer_costs_the_same_for_one_and_for_twenty_of_everything(api: Api) -> None:
    counts = []
    for size in (1, 20):
        learner = _learner_with(size)
        with CaptureQueriesContext(connection) as captured:
            api(VIEWER_PAGE, viewer=learner)["viewer"]
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_reviews_of_the_viewer_page_forwards_newest_first(api: Api) -> None:
    learner = _learner_with(3)
    first = api(VIEWER_PAGE, viewer=learner, first=2)["viewer"]["reviews"]
    assert len(first["edges"]) == 2
    assert first["pageInfo"]["hasNextPage"] is True
    rest = api(
        "query($after: String) { viewer { reviews(first: 2, after: $after) { edges { node { id } } "
        "pageInfo { hasNextPage hasPreviousPage } } } }",
        viewer=learner,
        after=first["pageInfo"]["endCursor"],
    )["viewer"]["reviews"]
    assert len(rest["edges"]) == 1
    assert rest["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    assert rest["edges"][0]["node"]["id"] not in {edge["node"]["id"] for edge in first["edges"]}


def test_notes_of_the_viewer_can_be_searched_and_narrowed_to_a_tag(api: Api) -> None:
    course = make_course()
    learner = make_learner(course)
    lesson = make_lesson(course=course)
    make_note(learner, lesson, content="Grinding changes extraction.", tags=["brewing"])
    make_note(learner, lesson, content="Water first.", tags=["To ask"])
    found = api(
        '{ viewer { byWord: notes(search: "extrac") { edges { node { content } } } '
        'byTag: notes(tag: "to ask") { edges { node { content } } } } }',
        viewer=learner,
    )["viewer"]
    assert [edge["node"]["content"] for edge in found["byWord"]["edges"]] == ["Grinding changes extraction."]
    assert [edge["node"]["content"] for edge in found["byTag"]["edges"]] == ["Water first."]


def test_unread_notifications_are_counted_for_the_viewer_alone(api: Api) -> None:
    learner, other = make_user(), make_user()
    make_notification(learner)
    make_notification(learner)
    make_notification(other)
    assert api("{ viewer { unreadNotificationCount } }", viewer=learner)["viewer"] == {
        "unreadNotificationCount": 2
    }


def test_server_time_is_the_clock_of_the_database(api: Api) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        before = cursor.fetchone()[0]
    told = datetime.fromisoformat(api("{ serverTime }")["serverTime"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        after = cursor.fetchone()[0]
    assert before <= told <= after
    assert told.tzinfo == UTC
