"""A query of a token is one statement, which recognises it and draws the cost: what changed since shows at once."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from courses.constants import EnrollmentStatus, Scope
from courses.models import AccessToken, User
from courses.utils.sql import execute, fetch
from schema.application import GraphQLApplication
from schema.core import ids
from schema.network import one_statement
from schema.root import schema
from tests import factories

SECRET = "cat_" + "s" * 40
COURSE = """query($id: ID!) { node(id: $id) { ... on Course {
    title price createdAt isPublished lessons { title content } viewerEnrollment { status } } } }"""

pytestmark = [pytest.mark.django_db, pytest.mark.compiled]


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


@pytest.fixture
def learner() -> User:
    return factories.make_learner(factories.make_course(is_published=False, title="Beans"))


@pytest.fixture
def token(learner: User) -> AccessToken:
    return factories.make_access_token(learner, SECRET, scopes=[Scope.COURSES_READ], last_used_at=Now())


@pytest.fixture
def ask(
    post: Callable[..., httpx.Response], learner: User, token: AccessToken
) -> Callable[..., tuple[httpx.Response, int]]:
    """`ask()` asks for the learner's course with the token, and returns the response and the number of statements."""

    def ask(headers: Any = None) -> tuple[httpx.Response, int]:
        variables = {"id": ids.encode("Course", learner.enrollments.get().course_id)}
        with CaptureQueriesContext(connection) as run:
            response = post(
                COURSE, variables=variables, headers=headers or {"Authorization": f"Bearer {SECRET}"}
            )
        return response, len(run)

    ask()  # the document is read, and the token is seen for the first time
    ask()
    return ask


def _owners_of_buckets() -> list[str]:
    return [row.owner for row in fetch("SELECT owner FROM courses_costbucket")]


def test_a_request_is_one_statement(ask: Any) -> None:
    response, statements = ask()
    assert (response.json()["data"]["node"]["title"], statements) == ("Beans", 1)


def test_a_request_without_credentials_is_one_statement(ask: Any) -> None:
    response, statements = ask(headers={"X-Nobody": "1"})
    assert (response.json()["data"], statements) == ({"node": None}, 1)


@pytest.mark.usefixtures("empty_buckets")
def test_the_cost_is_drawn_by_it(ask: Any, learner: User, settings: Any) -> None:
    settings.RATE_LIMIT = True
    settings.RATE_LIMIT_RESTORED_PER_SECOND = 1
    first, statements = ask()
    second, _ = ask()
    cost = second.json()["extensions"]["cost"]
    assert statements == 1
    assert first.json()["extensions"]["cost"]["remaining"] - cost["remaining"] in (
        cost["requested"] - 1,  # where a second has passed
        cost["requested"],
    )
    assert _owners_of_buckets() == [f"user:{learner.pk}"]


def test_an_empty_bucket_refuses_and_reads_nothing(ask: Any, learner: User, settings: Any) -> None:
    settings.RATE_LIMIT = True
    execute(
        "INSERT INTO courses_costbucket (owner, spent, is_granted, measured_at) "
        "VALUES (%(owner)s, %(spent)s, TRUE, now())",
        owner=f"user:{learner.pk}",
        spent=settings.RATE_LIMIT_POINTS,
    )
    settings.RATE_LIMIT_RESTORED_PER_SECOND = 1
    response, statements = ask()
    assert (response.status_code, statements) == (429, 1)
    assert response.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert "data" not in response.json()


def test_a_revoked_token_is_refused_in_the_next_request(ask: Any, token: AccessToken) -> None:
    AccessToken.objects.update(revoked_at=Now())
    response, _ = ask()
    assert response.status_code == 401


def test_a_token_of_somebody_who_was_deactivated_is_refused(ask: Any) -> None:
    User.objects.update(is_active=False)
    assert ask()[0].status_code == 401


def test_a_scope_that_was_taken_away_is_missing_in_the_next_request(ask: Any) -> None:
    AccessToken.objects.update(scopes=[Scope.NOTES_WRITE])
    response, _ = ask()
    assert response.json()["errors"][0]["extensions"]["code"] == "TOKEN_SCOPE_MISSING"
    AccessToken.objects.update(scopes=[Scope.COURSES_READ, Scope.NOTES_WRITE])
    assert ask()[0].json()["data"]["node"]["title"] == "Beans"
    assert ask()[1] == 1


def test_leaving_a_course_and_becoming_staff_show_in_the_next_request(ask: Any, learner: User) -> None:
    learner.enrollments.update(status=EnrollmentStatus.WITHDRAWN)
    response, statements = ask()
    assert (response.json()["data"], statements) == ({"node": None}, 1)
    User.objects.update(is_staff=True)
    response, _ = ask()
    assert response.json()["data"]["node"]["viewerEnrollment"] == {"status": "WITHDRAWN"}
    assert ask()[1] == 1


def test_the_use_of_a_token_is_noted(ask: Any, token: AccessToken) -> None:
    AccessToken.objects.update(last_used_at=None)
    ask()
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert ask()[1] == 1


def test_hints_are_bounded() -> None:
    hint = one_statement.TokenHint(one_statement.Kind.PERSON, frozenset())
    for number in range(one_statement.HINTS + 1):
        one_statement.remember(str(number), hint)
    assert one_statement.hint_for("0") is None
    assert one_statement.hint_for(str(one_statement.HINTS)) == hint


@pytest.mark.usefixtures("empty_buckets")
def test_another_scheme_is_refused_and_pays(ask: Any, settings: Any) -> None:
    settings.RATE_LIMIT = True
    response, _ = ask(headers={"Authorization": "Basic YTpi"})
    assert response.status_code == 401
    assert _owners_of_buckets() == ["address:203.0.113.9"]
