"""Documents by name: persisted queries as Apollo's clients have them, and trusted documents by their ids."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import PersistedQuery, TrustedDocument
from courses.services.documents import DocumentToTrust, trust_documents
from courses.utils import sql
from schema.application import GraphQLApplication
from schema.documents.reading import Document, forget_documents
from schema.network import named_documents, short_way
from schema.network.named_documents import digest_of, forget_names
from schema.root import schema
from tests import factories
from tests.schema.network.test_authentication import bearer, make_token, session_of, with_session
from tests.schema.network.test_websocket import Socket

CATALOGUE = "{ courses { edges { node { title } } } }"
TIME = "query Time { serverTime }"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    forget_documents()
    forget_names()
    yield
    forget_names()


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


@pytest.fixture
def ask(send: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    """`ask({...}, headers=...)` sends a body of one's own."""

    def ask_by_post(body: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
        accept = {"Accept": "application/graphql-response+json"}
        return send("POST", json=body, headers=accept | (headers or {}))

    return ask_by_post


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(name: str, query: str | None = None) -> dict[str, Any]:
    reference = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": name}}}
    return reference if query is None else {"query": query} | reference


def trust(document_id: str, text: str) -> None:
    trust_documents(documents=[DocumentToTrust(document_id, text, digest_of(Document(schema, text)))])


def code_of(response: httpx.Response) -> str:
    code: str = response.json()["errors"][0]["extensions"]["code"]
    return code


# ---------------------------------------------------------------- persisted queries


def test_an_unknown_hash_is_answered_as_apollos_clients_expect(ask):
    response = ask(persisted(sha256(CATALOGUE)))

    assert response.status_code == 200
    assert response.json()["errors"] == [
        {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
    ]
    assert "data" not in response.json()
    assert response.headers["cache-control"] == "no-store"


def test_a_document_sent_with_its_hash_is_known_by_it_from_then_on_in_every_process(ask):
    factories.make_course(title="Tea")
    expected = {"courses": {"edges": [{"node": {"title": "Tea"}}]}}

    assert ask(persisted(sha256(CATALOGUE), CATALOGUE)).json()["data"] == expected
    forget_names()

    assert ask(persisted(sha256(CATALOGUE))).json()["data"] == expected
    assert list(PersistedQuery.objects.values_list("digest", "text")) == [(sha256(CATALOGUE), CATALOGUE)]


def test_a_known_hash_takes_the_short_way_without_a_look_up(ask, monkeypatch):
    given = []
    answer = short_way.answer

    async def noted(*arguments: Any) -> Any:
        answered = await answer(*arguments)
        given.append(answered.body is not None)
        return answered

    monkeypatch.setattr("schema.application.answer", noted)
    ask(persisted(sha256(CATALOGUE), CATALOGUE))
    with CaptureQueriesContext(connection) as statements:
        ask(persisted(sha256(CATALOGUE)))

    assert given == [True]
    assert not any("persistedquery" in statement["sql"] for statement in statements)


def test_a_hash_of_another_text_is_refused_and_nothing_is_kept(ask):
    response = ask(persisted(sha256(CATALOGUE), TIME))

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
    assert PersistedQuery.objects.count() == 0


def test_a_document_that_is_not_valid_is_not_kept(ask):
    assert code_of(ask(persisted(sha256("{ nothing }"), "{ nothing }"))) == "GRAPHQL_VALIDATION_FAILED"
    assert PersistedQuery.objects.count() == 0


BAD_EXTENSIONS = {
    "no object": "x",
    "another version": {"version": 2, "sha256Hash": "0" * 64},
    "no hash": {"version": 1},
    "no text": {"version": 1, "sha256Hash": 5},
}


@pytest.mark.parametrize("given", BAD_EXTENSIONS.values(), ids=BAD_EXTENSIONS)
def test_another_form_of_the_extension_is_refused(ask, given):
    response = ask({"extensions": {"persistedQuery": given}})

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("name", ["\x00", "x" * 10_000], ids=["unstorable", "long"])
def test_a_name_that_no_document_can_have_is_not_found(ask, name):
    assert code_of(ask(persisted(name))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.usefixtures("empty_buckets")
def test_only_who_pays_registers_and_who_asks_for_the_unknown_pays_too(ask, settings):
    settings.RATE_LIMIT = True
    ask(persisted(sha256(TIME)))
    [row] = sql.fetch("SELECT owner, spent FROM courses_costbucket")
    assert (row.owner, row.spent) == ("address:203.0.113.9", 1)
    sql.execute("UPDATE courses_costbucket SET spent = %(all)s", all=settings.RATE_LIMIT_POINTS + 1_000)

    response = ask(persisted(sha256(TIME), TIME))

    assert (response.status_code, code_of(response)) == (429, "RATE_LIMITED")
    assert PersistedQuery.objects.count() == 0


def test_a_process_looks_up_again_after_a_while_and_so_notes_the_use(ask, monkeypatch):
    ask(persisted(sha256(TIME), TIME))
    PersistedQuery.objects.update(used_at="2026-01-01T00:00Z")
    now = named_documents.time.monotonic()
    monkeypatch.setattr("schema.network.named_documents.time.monotonic", lambda: now + 601)

    assert "serverTime" in ask(persisted(sha256(TIME))).json()["data"]

    assert PersistedQuery.objects.filter(used_at__gt="2026-01-02T00:00Z").count() == 1


# ---------------------------------------------------------------- trusted documents


def test_a_trusted_document_is_executed_by_its_id(ask, send):
    trust("time-1", TIME)

    assert "serverTime" in ask({"documentId": "time-1"}).json()["data"]
    assert "serverTime" in send("GET", params={"documentId": "time-1"}).json()["data"]


def test_apollos_clients_name_trusted_documents_in_their_own_way(ask):
    trust("time-1", TIME)

    assert "serverTime" in ask(persisted("time-1")).json()["data"]


def test_an_unknown_id_is_not_found(ask):
    assert code_of(ask({"documentId": "time-1"})) == "NOT_FOUND"


def test_the_hash_of_a_persisted_query_is_no_id_of_a_trusted_document(ask):
    ask(persisted(sha256(TIME), TIME))

    assert code_of(ask({"documentId": sha256(TIME)})) == "NOT_FOUND"


def test_a_text_beside_an_id_is_refused(ask):
    trust("time-1", TIME)

    response = ask({"documentId": "time-1", "query": TIME})

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


def test_off_knows_no_trusted_documents(ask, settings):
    trust("time-1", TIME)
    settings.TRUSTED_DOCUMENTS = "off"

    assert code_of(ask({"documentId": "time-1"})) == "NOT_FOUND"


def test_only_trusted_documents_are_executed_for_nobody_and_for_sessions(ask, settings):
    settings.TRUSTED_DOCUMENTS = "only"
    session = with_session(session_of(factories.make_user()), **{"GraphQL-Preflight": "1"})

    for headers in ({}, session):
        for _ in range(2):  # also once the document is kept
            response = ask({"query": TIME}, headers)
            assert (response.status_code, code_of(response)) == (403, "DOCUMENT_NOT_TRUSTED")


def test_staffs_sessions_and_tokens_send_what_they_like(ask, settings):
    settings.TRUSTED_DOCUMENTS = "only"
    make_token(scopes=["courses:read"])
    staff = with_session(session_of(factories.make_user(is_staff=True)), **{"GraphQL-Preflight": "1"})

    for headers in (staff, bearer()):
        assert "serverTime" in ask({"query": TIME}, headers).json()["data"]
    assert code_of(ask({"query": TIME}, bearer("cat_" + "0" * 32))) == "UNAUTHENTICATED"


def test_the_text_of_a_trusted_document_is_as_good_as_its_id_however_it_is_spelled(ask, settings):
    settings.TRUSTED_DOCUMENTS = "only"
    trust("time-1", TIME)

    for body in ({"query": "query Time {\n  serverTime\n}"}, {"documentId": "time-1"}):
        assert "serverTime" in ask(body).json()["data"]
    with CaptureQueriesContext(connection) as statements:
        ask({"query": TIME})
    assert not any("trusteddocument" in statement["sql"] for statement in statements)


def test_a_persisted_query_is_not_trusted_by_its_hash(ask, settings):
    ask(persisted(sha256(TIME), TIME))
    settings.TRUSTED_DOCUMENTS = "only"

    assert code_of(ask(persisted(sha256(TIME)))) == "DOCUMENT_NOT_TRUSTED"


def test_nobody_registers_what_is_not_trusted(ask, settings):
    settings.TRUSTED_DOCUMENTS = "only"

    assert code_of(ask(persisted(sha256(TIME), TIME))) == "DOCUMENT_NOT_TRUSTED"
    assert PersistedQuery.objects.count() == 0


def test_trust_that_is_withdrawn_ends_after_a_while(ask, settings, monkeypatch):
    settings.TRUSTED_DOCUMENTS = "only"
    trust("time-1", TIME)
    ask({"query": TIME})
    TrustedDocument.objects.all().delete()
    now = named_documents.time.monotonic()
    monkeypatch.setattr("schema.network.named_documents.time.monotonic", lambda: now + 601)

    assert code_of(ask({"query": TIME})) == "DOCUMENT_NOT_TRUSTED"


# ---------------------------------------------------------------- over WebSocket


@pytest.fixture
def over_websocket(application: GraphQLApplication) -> Callable[..., Any]:
    """`over_websocket({...}, headers)` is the data of a payload's first result, or the code of its refusal."""

    async def ask_by_subscribe(payload: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        socket = await Socket(application).opened(headers)
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        answered = await socket.message()
        await socket.leave()
        if answered["type"] == "error":
            return answered["payload"][0]["extensions"]["code"]
        return answered["payload"]["data"]

    return async_to_sync(ask_by_subscribe)


@pytest.mark.parametrize(
    "beside", [{}, {"query": ""}], ids=["no query", "an empty query, as its type asks for"]
)
def test_a_persisted_query_is_asked_by_its_hash_over_websocket(over_websocket, beside):
    factories.make_course(title="Tea")
    expected = {"courses": {"edges": [{"node": {"title": "Tea"}}]}}
    by_hash = persisted(sha256(CATALOGUE)) | beside

    assert over_websocket(by_hash) == "PERSISTED_QUERY_NOT_FOUND"
    assert over_websocket(persisted(sha256(CATALOGUE), CATALOGUE)) == expected
    forget_names()

    assert over_websocket(by_hash) == expected
    assert PersistedQuery.objects.get().text == CATALOGUE


def test_a_hash_of_another_text_is_refused_over_websocket(over_websocket):
    assert over_websocket(persisted(sha256(CATALOGUE), TIME)) == "BAD_REQUEST"
    assert PersistedQuery.objects.count() == 0


def test_a_document_that_is_not_valid_is_not_kept_over_websocket(over_websocket):
    document = "{ nothing }"

    assert over_websocket(persisted(sha256(document), document)) == "GRAPHQL_VALIDATION_FAILED"
    assert PersistedQuery.objects.count() == 0


def test_a_trusted_document_is_executed_by_its_id_over_websocket(over_websocket):
    trust("time-1", TIME)

    assert "serverTime" in over_websocket({"documentId": "time-1"})
    assert "serverTime" in over_websocket({"documentId": "time-1", "query": ""})
    assert over_websocket({"documentId": "time-2"}) == "NOT_FOUND"
    assert over_websocket({"documentId": "time-1", "query": TIME}) == "BAD_REQUEST"


def test_an_event_stream_is_opened_by_the_name_of_its_document(over_websocket, send):
    document = "subscription Told { notificationReceived { title } }"
    trust("told-1", document)

    response = send("POST", json={"documentId": "told-1"}, headers={"Accept": "text/event-stream"})

    assert over_websocket({"documentId": "told-1"}) == "UNAUTHENTICATED"
    assert '"code":"UNAUTHENTICATED"' in response.text


def test_only_trusted_documents_are_executed_over_websocket(over_websocket, settings):
    settings.TRUSTED_DOCUMENTS = "only"
    trust("time-1", TIME)
    make_token(scopes=["courses:read"])

    assert over_websocket({"query": "{ serverTime }"}) == "DOCUMENT_NOT_TRUSTED"
    assert over_websocket(persisted(sha256(CATALOGUE), CATALOGUE)) == "DOCUMENT_NOT_TRUSTED"
    assert PersistedQuery.objects.count() == 0
    assert "serverTime" in over_websocket({"query": TIME})
    assert "serverTime" in over_websocket({"documentId": "time-1"})
    assert "courses" in over_websocket({"query": CATALOGUE}, bearer())


@pytest.mark.parametrize("given", BAD_EXTENSIONS.values(), ids=BAD_EXTENSIONS)
def test_another_form_of_the_extension_is_refused_over_websocket(over_websocket, given):
    assert over_websocket({"query": TIME, "extensions": {"persistedQuery": given}}) == "BAD_REQUEST"
