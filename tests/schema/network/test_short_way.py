"""The short way answers as the general one does, and what it hands over is paid for and carried out once."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from courses.constants import Scope
from courses.models import Note, User
from courses.services import notes as note_services
from schema.application import GraphQLApplication
from schema.core import ids
from schema.network import short_way
from schema.root import schema
from tests import factories
from tests.schema.network.test_authentication import session_of, with_session

CREATE = """mutation($input: CreateNoteInput!) { createNote(input: $input) {
    note { content lesson { title } } userErrors { code field } } }"""
CATALOGUE = "query($first: Int) { courses(first: $first) { edges { node { title lessons { title } } } } }"

pytestmark = [pytest.mark.django_db, pytest.mark.compiled]


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


@pytest.fixture
def learner() -> User:
    return factories.make_learner(factories.make_course())


@pytest.fixture
def note_input(learner: User) -> dict[str, Any]:
    lesson = factories.make_lesson(course=learner.enrollments.get().course, title="Grinding")
    return {"lessonId": ids.encode("Lesson", lesson.pk), "content": "Finer."}


def token_of(person: User, *scopes: str) -> dict[str, str]:
    secret = "cat_" + "s" * 40
    factories.make_access_token(person, secret, scopes=list(scopes))
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def both_ways(
    post: Callable[..., httpx.Response], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[httpx.Response, bool]]:
    """`both_ways(document, ...)` asks by the general way, then by the short one, compares all that is sent but the
    request id, and returns the response and whether the short way gave it.
    """
    given: list[bool] = []
    answer = short_way.answer

    async def noted(*arguments: Any) -> Any:
        answered = await answer(*arguments)
        given.append(answered.body is not None)
        return answered

    monkeypatch.setattr("schema.application.answer", noted)

    def ask(document: str, **what: Any) -> tuple[httpx.Response, bool]:
        settings.COMPILED_READS = False
        general = post(document, **what)
        settings.COMPILED_READS = True
        given.clear()
        short = post(document, **what)
        assert short.status_code == general.status_code, short.content
        assert _without_error_ids(short.content) == _without_error_ids(general.content)
        assert _headers(short) == _headers(general)
        return short, given == [True]

    return ask


def _without_error_ids(content: bytes) -> bytes:
    return re.sub(rb'"errorId":"\w+"', b"", content)


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "x-request-id"}


def test_a_known_query_takes_it(both_ways: Any, learner: User) -> None:
    response, was_short = both_ways(
        CATALOGUE, variables={"first": 2}, headers=token_of(learner, "courses:read")
    )
    assert was_short
    assert response.json()["data"]["courses"]["edges"][0]["node"]["title"]


def test_a_known_mutation_takes_it_and_is_carried_out_once_each_time(
    both_ways: Any, learner: User, note_input: Any
) -> None:
    response, was_short = both_ways(
        CREATE, variables={"input": note_input}, headers=token_of(learner, *Scope)
    )
    assert was_short
    assert response.json()["data"]["createNote"]["note"] == {
        "content": "Finer.",
        "lesson": {"title": "Grinding"},
    }
    assert Note.objects.count() == 2


def test_refusals_of_the_domain_are_shown_by_it(both_ways: Any, learner: User, note_input: Any) -> None:
    response, was_short = both_ways(
        CREATE, variables={"input": note_input | {"content": " "}}, headers=token_of(learner, *Scope)
    )
    assert was_short
    assert [error["code"] for error in response.json()["data"]["createNote"]["userErrors"]] == ["INVALID"]
    assert not Note.objects.exists()


def test_a_payload_that_it_cannot_show_is_shown_the_general_way_and_written_once(
    both_ways: Any, learner: User, note_input: Any
) -> None:
    """The lesson's title needs another scope than writing notes does."""
    response, was_short = both_ways(
        CREATE.replace("title", "title course { lessons { title } }"),
        variables={"input": note_input},
        headers=token_of(learner, "notes:write"),
    )
    assert not was_short
    assert response.json()["errors"][0]["extensions"]["code"] == "TOKEN_SCOPE_MISSING"
    assert Note.objects.count() == 2


def test_a_payload_that_fails_to_be_shown_was_written_once(
    both_ways: Any, learner: User, note_input: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.core.compiling._leaf", _refusing_texts)
    document = CREATE.replace("mutation", "mutation Again", 1)  # which is not compiled yet
    response, was_short = both_ways(
        document, variables={"input": note_input}, headers=token_of(learner, *Scope)
    )
    assert not was_short
    assert response.json()["data"]["createNote"]["note"]["content"] == "Finer."
    assert Note.objects.count() == 2


def _refusing_texts(read: Any, type_: Any, is_nullable: bool) -> Any:
    def leaf(object_: Any) -> Any:
        raise ValueError("no text is shown")

    return leaf


def test_a_failure_is_told_the_general_way_and_nothing_is_tried_again(
    both_ways: Any, learner: User, note_input: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fail(**what: Any) -> Any:
        tried.append(what["content"])
        raise OperationalError("the session has ended")

    monkeypatch.setattr(note_services, "create_note", fail)
    response, was_short = both_ways(
        CREATE, variables={"input": note_input}, headers=token_of(learner, *Scope)
    )
    assert not was_short
    assert response.json()["errors"]
    assert tried == ["Finer.", "Finer."], "once each way"


def test_a_forged_mutation_is_refused_before_it_is_carried_out(
    both_ways: Any, learner: User, note_input: Any
) -> None:
    both_ways(CREATE, variables={"input": note_input})
    response, was_short = both_ways(
        CREATE, variables={"input": note_input}, headers=with_session(session_of(learner))
    )
    assert (response.status_code, was_short) == (403, False)
    assert not Note.objects.exists()


def test_nobody_who_is_not_signed_in_writes(both_ways: Any, note_input: Any) -> None:
    response, was_short = both_ways(CREATE, variables={"input": note_input})
    assert not was_short
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_past_the_deadline_it_says_that_a_mutation_may_have_been_carried_out(
    post: Any, learner: User, note_input: Any, settings: Any
) -> None:
    headers = token_of(learner, *Scope)
    post(CREATE, variables={"input": note_input}, headers=headers)
    settings.REQUEST_DEADLINE_SECONDS = 0
    [error] = post(CREATE, variables={"input": note_input}, headers=headers).json()["errors"]
    assert error["extensions"]["code"] == "TIMEOUT"
    assert "may have been carried out" in error["message"]


def test_where_https_is_used_browsers_are_told_to_use_nothing_else(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 3600, True
    application = GraphQLApplication(schema)

    async def asked(query: str) -> str | None:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            response = await client.post("/graphql/", json={"query": query})
        return response.headers.get("strict-transport-security")

    told = [async_to_sync(asked)(query) for query in (CATALOGUE, CATALOGUE, "{ unknown }", "not GraphQL")]
    assert told == ["max-age=3600; includeSubDomains"] * 4
