"""What the documentation leads a new client through: find a course, take it, make a token, and end it again."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import AccessToken, Course, User
from courses.services.token_authentication import recognise_access_token
from schema.core import ids
from tests.factories import make_assessment, make_course, make_lesson, make_user, single_choice
from tests.operations import operation


@pytest.fixture
def learner(db: None) -> User:
    return make_user()


@pytest.fixture
def course(db: None) -> Course:
    course = make_course(slug="first-steps", instructors=(make_user(),))
    assessment = make_assessment(lesson=make_lesson(course=course), title="Quiz", max_attempts=2)
    single_choice(assessment, right="Paris", wrong=("Lyon",))
    return course


def _may_start(api: Any, viewer: User) -> dict[str, Any]:
    page = api(operation("course_page"), viewer, slug="first-steps")["course"]
    may_start: dict[str, Any] = page["lessons"][0]["assessment"]["viewerAttempts"]["mayStart"]
    return may_start


def test_a_course_page_says_why_not_and_enrolling_opens_the_assessment(
    api: Any, learner: User, course: Course
) -> None:
    assert _may_start(api, learner)["code"] == "NOT_ENROLLED"
    given = {"courseId": ids.encode("Course", course.pk)}
    payload = api(operation("enroll"), learner, input=given)["enroll"]
    assert payload["userErrors"] == []
    enrollment = payload["enrollment"]
    assert (enrollment["status"], enrollment["course"]["viewerEnrollment"]["id"]) == (
        "ACTIVE",
        enrollment["id"],
    )
    assert _may_start(api, learner) == {"allowed": True, "code": None, "message": None}


def test_a_course_page_costs_the_same_for_one_lesson_and_for_twenty(
    api: Any, learner: User, course: Course
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            api(operation("course_page"), learner, slug="first-steps")
        return len(captured)

    for_one = statements()
    for number in range(19):
        make_assessment(lesson=make_lesson(course=course), title=f"Quiz {number}")
    assert statements() == for_one


def test_a_token_that_a_client_makes_works_until_it_is_revoked(api: Any, learner: User) -> None:
    given = {"name": "script", "scopes": ["courses:read"]}
    made = api(operation("create_access_token"), learner, input=given)["createAccessToken"]
    assert made["userErrors"] == []
    secret, token_id = made["secret"], made["accessToken"]["id"]
    recognised = recognise_access_token(secret=secret)
    assert recognised is not None
    assert (recognised.user, recognised.scopes) == (learner, {"courses:read"})

    for _ in range(2):
        ended = api(operation("revoke_access_token"), learner, input={"accessTokenId": token_id})[
            "revokeAccessToken"
        ]
        assert (ended["userErrors"], ended["accessToken"]["id"]) == ([], token_id)
    assert recognise_access_token(secret=secret) is None
    assert AccessToken.objects.count() == 1
