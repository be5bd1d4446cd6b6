"""Catalogue reads by GET and by name may be kept by shared caches; nothing else may be."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.conf import settings

from courses.models import Course
from schema.application import GraphQLApplication
from schema.network.named_documents import forget_names
from schema.root import schema
from tests import factories
from tests.schema.network.test_authentication import bearer, make_token, session_of, with_session
from tests.schema.network.test_named_documents import CATALOGUE, TIME, persisted, sha256, trust

pytestmark = pytest.mark.django_db


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    forget_names()
    yield
    forget_names()


@pytest.fixture
def get(send: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    """`get(document, headers=...)` registers a document, and asks for it by GET and hash."""

    def get_by_hash(query: str, headers: Any = None, **parameters: Any) -> httpx.Response:
        body = persisted(sha256(query), query)
        send("POST", json=body)
        extensions = json.dumps(body["extensions"])
        return send("GET", params={"extensions": extensions} | parameters, headers=headers)

    return get_by_hash


def test_the_catalogue_may_be_kept_by_anybody_and_says_nothing_of_a_client(get, settings):
    settings.RATE_LIMIT = True
    factories.make_course(title="Tea")

    response = get(CATALOGUE)

    assert response.json() == {"data": {"courses": {"edges": [{"node": {"title": "Tea"}}]}}}
    assert response.headers["cache-control"] == "public, max-age=60"
    assert response.headers["etag"].startswith('W/"')
    assert "Authorization, Cookie" in response.headers["vary"]
    assert not {"ratelimit", "ratelimit-policy", "set-cookie"} & set(response.headers)


@pytest.mark.parametrize("form", ["{}", '"x", {}', "*", "strong"])
def test_who_has_the_same_is_told_so_without_a_body(get, form):
    factories.make_course(title="Tea")
    etag = get(CATALOGUE).headers["etag"]
    given = etag.removeprefix("W/") if form == "strong" else form.format(etag)

    response = get(CATALOGUE, headers={"If-None-Match": given})

    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == etag
    assert response.headers["cache-control"] == "public, max-age=60"
    assert "content-type" not in response.headers


def test_another_catalogue_has_another_etag(get):
    factories.make_course(title="Tea")
    etag = get(CATALOGUE).headers["etag"]
    Course.objects.update(title="Coffee")

    response = get(CATALOGUE, headers={"If-None-Match": etag})

    assert response.status_code == 200
    assert response.headers["etag"] != etag


def test_a_trusted_document_may_be_kept_as_well(send):
    trust("catalogue-1", CATALOGUE)

    response = send("GET", params={"documentId": "catalogue-1"})

    assert response.headers["cache-control"] == "public, max-age=60"


NOT_KEPT = {
    "something else": TIME,
    "something else beside it": "{ courses { edges { cursor } } serverTime }",
    "the viewer": "{ viewer { user { id } } }",
    "a fragment": "{ ...on Query { courses { edges { cursor } } } }",
    "an error": "{ courses(first: 1000) { edges { cursor } } }",
}


@pytest.mark.parametrize("query", NOT_KEPT.values(), ids=NOT_KEPT)
def test_nothing_else_may_be_kept(get, query):
    response = get(query)

    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


def test_what_somebody_reads_may_not_be_kept(get):
    person = factories.make_user()
    make_token(user=person, scopes=["courses:read"])

    for headers in (bearer(), with_session(session_of(person)), with_session("ended")):
        assert get(CATALOGUE, headers=headers).headers["cache-control"] == "no-store"


def test_a_post_and_a_text_may_not_be_kept(send):
    for response in (
        send("POST", json=persisted(sha256(CATALOGUE), CATALOGUE)),
        send("POST", json=persisted(sha256(CATALOGUE))),
        send("GET", params={"query": CATALOGUE}),
    ):
        assert response.headers["cache-control"] == "no-store"


def test_a_stream_may_not_be_kept(get):
    response = get(CATALOGUE, headers={"Accept": "text/event-stream"})

    assert response.headers["content-type"].startswith("text/event-stream")
    assert "etag" not in response.headers
    assert "public" not in response.headers["cache-control"]


def test_a_read_that_took_too_long_may_not_be_kept(get, monkeypatch):
    async def never(*arguments: Any) -> Any:
        await asyncio.Event().wait()

    get(CATALOGUE)
    monkeypatch.setattr("schema.application.execute", never)
    monkeypatch.setattr(settings, "REQUEST_DEADLINE_SECONDS", 1)

    response = get(CATALOGUE)

    assert response.status_code == 504
    assert response.headers["cache-control"] == "no-store"
