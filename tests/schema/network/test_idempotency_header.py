"""The `Idempotency-Key` header, on the short way and the general one, and keys over WebSocket."""

import json
import logging
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction

from courses.models import IdempotencyKey, Note, User
from schema.application import GraphQLApplication
from schema.core import ids
from schema.core.user_errors import STILL_RUNNING
from schema.root import schema
from tests import factories
from tests.concurrency import at_once
from tests.schema.core.killed_worker import started
from tests.schema.network.test_authentication import session_of, with_session
from tests.schema.network.test_websocket import Socket

CREATE = """mutation($input: CreateNoteInput!) { createNote(input: $input) {
    note { id } userErrors { code field } } }"""
TWO = """mutation($a: CreateNoteInput!, $b: CreateNoteInput!, $both: Boolean = true) {
    a: createNote(input: $a) { userErrors { code } }
    b: createNote(input: $b) @include(if: $both) { userErrors { code } } }"""
KEY = "5f2b7a0e-1d34-4b7c"
SECRET = "cat_" + "s" * 40

pytestmark = pytest.mark.django_db


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


@pytest.fixture(params=[True, False], ids=["short", "general"])
def ways(request: pytest.FixtureRequest, settings: Any) -> None:
    settings.COMPILED_READS = request.param


@pytest.fixture
def learner(db: None) -> User:
    learner = factories.make_learner(factories.make_course())
    scopes = ["notes:write", "notes:read", "courses:read"]
    factories.make_access_token(learner, SECRET, scopes=scopes)
    return learner


@pytest.fixture
def note(learner: User) -> dict[str, Any]:
    lesson = factories.make_lesson(course=learner.enrollments.get().course)
    return {"lessonId": ids.encode("Lesson", lesson.pk), "content": "Finer."}


@pytest.fixture
def create(
    post: Callable[..., httpx.Response], note: dict[str, Any], ways: None
) -> Callable[..., httpx.Response]:
    """Ask for the same note, with a key in the header, or in the input as `key`."""

    def ask(header: str | None = KEY, *, key: str | None = None, **headers: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {SECRET}"} | headers
        if header is not None:
            headers["Idempotency-Key"] = header
        return post(CREATE, variables={"input": note | {"idempotencyKey": key}}, headers=headers)

    return ask


def test_a_repeat_is_marked_and_has_the_same_answer(create: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="schema.requests")
    first, again, by_input = create(), create(), create(None, key=KEY)
    assert [each.headers.get("Idempotency-Replayed") for each in (first, again, by_input)] == [
        None,
        "true",
        "true",
    ]
    assert first.json()["data"] == again.json()["data"] == by_input.json()["data"]
    assert Note.objects.count() == 1
    assert [record.facts["replayed"] for record in caplog.records] == [False, True, True]  # type: ignore[attr-defined]


def test_a_session_and_a_token_of_one_person_share_the_key(
    create: Any, learner: User, post: Any, note: dict[str, Any]
) -> None:
    create()
    headers = with_session(session_of(learner)) | {"GraphQL-Preflight": "1", "Idempotency-Key": KEY}
    again = post(CREATE, variables={"input": note}, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Note.objects.count() == 1


@pytest.mark.parametrize("key", ["", "k" * 7, "k" * 256, "klavír-klavír".encode("latin-1")])
def test_a_malformed_key_is_refused(create: Any, key: Any) -> None:
    refused = create(key)
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert (error["extensions"]["code"], Note.objects.count()) == ("BAD_USER_INPUT", 0)


@pytest.mark.parametrize("key", ["k" * 8, "k" * 255])
def test_keys_of_8_to_255_characters_are_taken(create: Any, key: str) -> None:
    assert [create(key).headers.get("Idempotency-Replayed") for _ in range(2)] == [None, "true"]


def test_two_headers_are_refused(send: Any, note: dict[str, Any], ways: None) -> None:
    headers = [
        ("Authorization", f"Bearer {SECRET}"),
        ("Idempotency-Key", KEY),
        ("Idempotency-Key", KEY),
    ]
    refused = send("POST", json={"query": CREATE, "variables": {"input": note}}, headers=headers)
    assert refused.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert not Note.objects.exists()


def test_header_and_input_that_differ_are_refused(create: Any) -> None:
    refused = create(key=f"{KEY}-2").json()["data"]["createNote"]
    assert refused == {"note": None, "userErrors": [{"code": "INVALID", "field": ["idempotencyKey"]}]}
    assert not Note.objects.exists()


def test_one_header_is_not_for_two_mutations(
    post: Any, note: dict[str, Any], ways: None, learner: User
) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Idempotency-Key": KEY}
    refused = post(TWO, variables={"a": note, "b": note}, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert (Note.objects.count(), IdempotencyKey.objects.count()) == (0, 0)

    one = post(f"{TWO[:-2]} __typename }}", variables={"a": note, "b": note, "both": False}, headers=headers)
    assert one.json()["data"]["a"] == {"userErrors": []}

    keyed = {"a": note | {"idempotencyKey": KEY}, "b": note | {"idempotencyKey": f"{KEY}-2"}}
    each = post(TWO, variables=keyed, headers={"Authorization": f"Bearer {SECRET}"})
    assert each.json()["data"] == {"a": {"userErrors": []}, "b": {"userErrors": []}}
    assert (each.headers["Idempotency-Replayed"], Note.objects.count()) == ("true", 2)


def test_queries_have_no_use_for_a_key(post: Any, ways: None) -> None:
    response = post("{ serverTime }", headers={"Idempotency-Key": KEY})
    assert response.status_code == 200
    assert "Idempotency-Replayed" not in response.headers


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_running_a_repeat_is_busy(create: Any, post: Any) -> None:
    post("{ serverTime }", headers={"Authorization": f"Bearer {SECRET}"})  # which notes the use of the token
    with transaction.atomic():
        create()
        answers: list[httpx.Response] = []
        assert at_once(lambda _: answers.append(create()), writers=1) == []
    [busy] = answers
    assert (busy.status_code, busy.headers["Retry-After"].isdigit()) == (503, True)
    [error] = busy.json()["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("BUSY", STILL_RUNNING)
    assert Note.objects.count() == 1
    assert create().headers["Idempotency-Replayed"] == "true"


def test_over_websocket_only_the_key_of_the_input_counts(
    application: GraphQLApplication, note: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="schema.requests")

    async def talk() -> None:
        socket = Socket(
            application, authorization=f"Bearer {SECRET}", idempotency_key="header-of-a-handshake"
        )
        await socket.event()
        await socket.send({"type": "connection_init"})
        await socket.message()
        for number, given in enumerate(
            [note, note, note | {"idempotencyKey": KEY}, note | {"idempotencyKey": KEY}]
        ):
            payload = {"query": CREATE, "variables": {"input": given}}
            await socket.send({"id": str(number), "type": "subscribe", "payload": payload})
            answer = await socket.message()
            assert answer["payload"]["data"]["createNote"]["userErrors"] == []
            assert (await socket.message())["type"] == "complete"
        await socket.send_text("no message")  # which closes the connection
        await socket.event()

    async_to_sync(talk)()
    assert (Note.objects.count(), IdempotencyKey.objects.count()) == (3, 1)
    assert [record.facts["replayed"] for record in caplog.records] == [False, False, False, True]  # type: ignore[attr-defined]


# ---------------------------------------------------------------- a worker that dies

WORKER = """
import json, sys
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
import httpx, asyncio
from schema import application
from schema.core import compiled_reads
from schema.root import schema

def stop(*_arguments):
    print("committed", flush=True)
    sys.stdin.readline()

compiled_reads._read_payload = stop
given = json.loads(sys.argv[2])
transport = httpx.ASGITransport(app=application.GraphQLApplication(schema))
async def ask():
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.post("/graphql/", json=given["json"], headers=given["headers"])
asyncio.run(ask())
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.compiled
def test_a_worker_that_is_killed_between_effect_and_answer_has_its_effect_once(
    send: Any, note: dict[str, Any]
) -> None:
    request = {
        "json": {"query": CREATE, "variables": {"input": note}},
        "headers": {
            "Accept": "application/json",
            "Authorization": f"Bearer {SECRET}",
            "Idempotency-Key": KEY,
        },
    }
    worker = started("-c", WORKER, connection.settings_dict["NAME"], json.dumps(request))
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "committed\n"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL
    assert Note.objects.count() == 1

    again = send("POST", **request)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["data"]["createNote"] == {
        "note": {"id": ids.encode("Note", Note.objects.get().pk)},
        "userErrors": [],
    }
    assert Note.objects.count() == 1
