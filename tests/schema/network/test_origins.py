"""Of whose pages the session cookie counts. tests/config/test_cross_origin.py has every way to ask."""

from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from courses.models import Note
from schema.application import GraphQLApplication
from schema.core import ids
from schema.network.origins import is_trusted, own_origin
from schema.root import schema
from tests import factories
from tests.schema.network.test_authentication import session_of, with_session
from tests.schema.network.test_short_way import CREATE

LISTED = "https://app.example"


@pytest.mark.parametrize(
    ("scheme", "is_behind_tls", "expected"),
    [("http", False, "http"), ("ws", False, "http"), ("wss", False, "https"), ("http", True, "https")],
)
def test_our_origin_is_read_whatever_the_rest_of_the_address_is(
    settings: Any, scheme: str, is_behind_tls: bool, expected: str
) -> None:
    settings.HTTPS = is_behind_tls
    scope = {"type": "http", "scheme": scheme, "path": "/", "query_string": b"query=\x83"}
    connection = HTTPConnection(scope | {"headers": [(b"host", b"courses.example")]})

    assert own_origin(connection) == f"{expected}://courses.example"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (None, True),
        ("https://courses.example", True),
        ("http://courses.example", True),  # a proxy ends TLS
        ("https://courses.example:8443", False),
        ("https://app.example", True),
        ("http://app.example", False),
        ("https://app.example.evil.example", False),
        ("https://learn.school.example", True),
        ("https://deep.learn.school.example", True),
        ("http://learn.school.example", False),
        ("https://evilschool.example", False),
        ("https://*.school.example", True),  # no browser sends it
        ("null", False),
        ("", False),
        ("https://[app.example", False),
    ],
)
def test_pages_of_ours_and_of_listed_origins_are_trusted(
    settings: Any, origin: str | None, expected: bool
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [LISTED, "https://*.school.example"]
    headers = {"host": "courses.example"} | ({} if origin is None else {"origin": origin})

    assert is_trusted(Headers(headers)) is expected


def test_a_browser_may_say_that_the_page_is_ours_behind_a_proxy_that_renames_the_host() -> None:
    headers = {"host": "internal:8000", "origin": "https://courses.example"}

    assert not is_trusted(Headers(headers | {"sec-fetch-site": "same-site"}))
    assert is_trusted(Headers(headers | {"sec-fetch-site": "same-origin"}))


def test_two_origins_are_no_origin_that_is_trusted(settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [LISTED]

    assert not is_trusted(Headers(raw=[(b"origin", LISTED.encode())] * 2))


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


@pytest.mark.django_db
@pytest.mark.parametrize("compiles", [True, False], ids=["short way", "general way"])
@pytest.mark.parametrize(
    ("origin", "written"),
    [(LISTED, 1), ("https://evil.example", 0), ("null", 0), ("http://testserver", 1)],
)
def test_a_session_writes_from_a_trusted_page_only(
    post: Any, settings: Any, origin: str, written: int, compiles: bool
) -> None:
    settings.COMPILED_READS = compiles
    settings.CSRF_TRUSTED_ORIGINS = [LISTED]
    course = factories.make_course()
    lesson = factories.make_lesson(course=course)
    learner = factories.make_learner(course)
    headers = with_session(session_of(learner), **{"GraphQL-Preflight": "1"})
    given = {"input": {"lessonId": ids.encode("Lesson", lesson.pk), "content": "Finer."}}
    post(CREATE, variables=given)  # has the document known

    response = post(CREATE, variables=given, headers=headers | {"Origin": origin})

    assert response.status_code == (200 if written else 403)
    assert Note.objects.count() == written


@pytest.mark.django_db
@pytest.mark.parametrize(("same_site", "is_secure"), [("Lax", False), ("None", True)])
def test_a_session_that_has_ended_is_removed_by_a_cookie_that_its_page_may_set(
    post: Any, settings: Any, same_site: str, is_secure: bool
) -> None:
    """Browsers take no cookie from another site's request that is not SameSite=None, not even to remove one."""
    settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_SECURE = same_site, is_secure

    response = post("{ serverTime }", headers=with_session("gone" * 8))

    expected = f'sessionid=""; HttpOnly; Max-Age=0; Path=/; SameSite={same_site.lower()}'
    assert response.headers["set-cookie"] == expected + ("; Secure" if is_secure else "")
