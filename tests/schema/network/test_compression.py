"""Answers above a kilobyte are compressed for clients that ask, but for those that may hold a secret."""

import gzip
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.test import Client

from courses.constants import Scope
from schema.application import GraphQLApplication
from schema.network import compression
from schema.root import schema
from tests import factories
from tests.schema.network.test_authentication import bearer, make_token, session_of, with_session

GZIP = {"Accept-Encoding": "gzip, deflate"}
CATALOGUE = "{ courses { edges { node { title description } } } }"

pytestmark = pytest.mark.django_db


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


@pytest.fixture
def _long_catalogue() -> None:
    factories.make_course(title="Tea", description="Leaves. " * 200)


def encoding_of(response: httpx.Response) -> str | None:
    assert "Accept-Encoding" in response.headers["vary"]
    return response.headers.get("content-encoding")


@pytest.mark.parametrize("is_compiled", [True, False], ids=["the short way", "the general way"])
@pytest.mark.usefixtures("_long_catalogue")
def test_a_long_answer_is_compressed_and_is_the_same(post, settings, is_compiled):
    settings.COMPILED_READS = is_compiled
    plain = post(CATALOGUE, headers={"Accept-Encoding": "identity"})
    packed = post(CATALOGUE, headers=GZIP)

    assert (encoding_of(plain), encoding_of(packed)) == (None, "gzip")
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < 500 < 1_600 < int(plain.headers["content-length"])


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip;q=0", None),
        ("*", "gzip"),
        ("*;q=0, gzip", "gzip"),
        ("br", None),
        ("", None),
        ("GZIP;q=0.5", "gzip"),
    ],
)
@pytest.mark.usefixtures("_long_catalogue")
def test_a_client_says_what_it_takes(post, accepted, encoding):
    assert encoding_of(post(CATALOGUE, headers={"Accept-Encoding": accepted})) == encoding


def test_a_short_answer_is_left_as_it_is(post):
    assert encoding_of(post("{ serverTime }", headers=GZIP)) is None


@pytest.mark.usefixtures("_long_catalogue")
def test_an_answer_that_is_handed_to_a_thread_is_the_same(post, monkeypatch):
    monkeypatch.setattr(compression, "LONGEST_ON_THE_LOOP", 1_024)

    packed = post(CATALOGUE, headers=GZIP)

    assert encoding_of(packed) == "gzip"
    assert packed.json()["data"]["courses"]["edges"][0]["node"]["title"] == "Tea"


def test_what_a_mutation_answers_is_not_compressed(post):
    owner = factories.make_user()
    headers = with_session(session_of(owner), **{"GraphQL-Preflight": "1"}) | GZIP
    names = " ".join(f"scopes{number}: scopes" for number in range(40))
    mutation = f"""mutation($input: CreateAccessTokenInput!) {{ createAccessToken(input: $input) {{
        secret accessToken {{ {names} }} userErrors {{ message }} }} }}"""

    response = post(mutation, headers=headers, variables={"input": {"name": "x", "scopes": [*Scope.values]}})

    assert response.json()["data"]["createAccessToken"]["secret"].startswith("cat_")
    assert len(response.content) > 1_024
    assert encoding_of(response) is None


@pytest.mark.usefixtures("_long_catalogue")
def test_what_another_sites_page_can_ask_for_with_a_cookie_is_not_compressed(
    send: Callable[..., httpx.Response], post: Any
):
    session = with_session(session_of(factories.make_user()))
    make_token(scopes=["courses:read"])

    assert encoding_of(send("GET", params={"query": CATALOGUE}, headers=session | GZIP)) is None
    assert encoding_of(send("GET", params={"query": CATALOGUE}, headers=bearer() | GZIP)) == "gzip"
    assert encoding_of(post(CATALOGUE, headers=session | {"GraphQL-Preflight": "1"} | GZIP)) == "gzip"


@pytest.mark.usefixtures("_long_catalogue")
def test_an_answer_that_sets_a_cookie_is_not_compressed(post):
    response = post(CATALOGUE, headers=with_session("ended") | {"GraphQL-Preflight": "1"} | GZIP)

    assert "set-cookie" in response.headers
    assert encoding_of(response) is None


def test_the_published_schema_is_compressed():
    response = Client().get("/schema.graphql", headers=GZIP)

    assert (response["Content-Encoding"], response["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(response.content) == Client().get("/schema.graphql").content
