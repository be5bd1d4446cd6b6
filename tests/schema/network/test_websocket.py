"""GraphQL over WebSocket (graphql-transport-ws), frame by frame."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from schema.application import GraphQLApplication
from schema.execution.admission import Admission
from tests.schema.network.test_authentication import SECRET, make_token
from tests.schema.network.test_limits import nested_rows

PROTOCOL = "graphql-transport-ws"


class Socket:
    """A client's end of a connection to the application, without a network between them."""

    def __init__(
        self,
        application: GraphQLApplication,
        *,
        send: Any = None,
        **headers: str,
    ) -> None:
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_client: asyncio.Queue[Any] = asyncio.Queue()
        given = {"host": "testserver"} | {name.replace("_", "-"): value for name, value in headers.items()}
        protocols = given.pop("protocols", PROTOCOL).split()
        scope = {
            "type": "websocket",
            "path": "/graphql/",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "subprotocols": protocols,
            "client": ("203.0.113.9", 1),
        }
        self._to_server.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(application(scope, self._to_server.get, send or self._to_client.put))

    async def event(self) -> dict[str, Any]:
        """The next thing that the server sends, in ASGI's words."""
        return await asyncio.wait_for(self._to_client.get(), timeout=5)

    async def send(self, message: Any) -> None:
        await self.send_text(json.dumps(message))

    async def send_text(self, text: str) -> None:
        await self._to_server.put({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self._to_server.put({"type": "websocket.receive", "bytes": data})

    async def message(self) -> dict[str, Any]:
        """The next message, which must have come as text."""
        event = await self.event()
        assert event["type"] == "websocket.send", event
        assert event.get("bytes") is None
        return json.loads(event["text"])

    async def closed(self) -> int:
        """The code with which the server closes."""
        event = await self.event()
        assert event["type"] == "websocket.close", event
        return event["code"]

    async def opened(self, payload: Any = None) -> "Socket":
        """This connection, once it is accepted and acknowledged."""
        assert (await self.event())["type"] == "websocket.accept"
        await self.send({"type": "connection_init", **({"payload": payload} if payload else {})})
        assert (await self.message())["type"] == "connection_ack"
        return self

    async def ask(self, query: str, id: str = "1", **more: Any) -> dict[str, Any]:
        """Subscribe and give the first message of the answer."""
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, **more}})
        return await self.message()

    async def leave(self) -> None:
        await self._to_server.put({"type": "websocket.disconnect", "code": 1000})
        await self._task


@pytest.fixture
def conversation(application) -> Callable[..., None]:
    """`conversation(talk, **headers)` connects and runs `await talk(socket)`."""

    async def converse(talk: Callable[[Socket], Awaitable[None]], **headers: str) -> None:
        socket = Socket(application, **headers)
        await talk(socket)
        await socket.leave()

    return async_to_sync(converse)


def test_a_subscription_sends_its_events_as_text_and_completes(conversation):
    async def talk(socket: Socket) -> None:
        await socket.opened()
        first = await socket.ask("subscription { countTo(last: 2) }")
        second, end = await socket.message(), await socket.message()

        assert (first["type"], first["payload"]["data"]) == ("next", {"countTo": 1})
        assert second["payload"]["data"] == {"countTo": 2}
        assert end == {"id": "1", "type": "complete"}

    conversation(talk)


def test_queries_and_mutations_are_executed_too(conversation):
    async def talk(socket: Socket) -> None:
        await socket.opened()

        assert (await socket.ask("{ hello }"))["payload"]["data"] == {"hello": "hello you"}
        assert (await socket.message())["type"] == "complete"
        assert (await socket.ask("mutation { change(by: 3) }"))["payload"]["data"] == {"change": 3}

    conversation(talk)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
        ('{ hello(name: "\\u0000") }', "BAD_USER_INPUT"),
        (
            nested_rows(2, first=100),
            "LIMIT_EXCEEDED",
        ),
    ],
)
def test_a_refused_operation_is_an_error_message_and_the_connection_stays(conversation, query, code):
    async def talk(socket: Socket) -> None:
        await socket.opened()
        refused = await socket.ask(query)

        assert refused["type"] == "error"
        assert [error["extensions"]["code"] for error in refused["payload"]] == [code]
        assert (await socket.ask("{ hello }"))["type"] == "next"

    conversation(talk)


@pytest.mark.parametrize("name", ["", "1a", "a b", "A\n", "é", "A" * 129])
def test_an_operation_name_is_one_of_graphql_as_it_is_over_http(conversation, name):
    async def talk(socket: Socket) -> None:
        await socket.opened()
        refused = await socket.ask("{ hello }", operationName=name)

        assert refused["type"] == "error"
        [error] = refused["payload"]
        assert error["extensions"]["code"] == "BAD_REQUEST"
        assert error["message"] == "`operationName` must be a GraphQL name of at most 128 characters."
        longest = "A" * 128
        named = await socket.ask(f"query {longest} {{ hello }}", operationName=longest)
        assert named["type"] == "next"

    conversation(talk)


def test_a_query_past_the_queue_is_refused_and_a_subscription_needs_no_place(conversation, application):
    application.admission = Admission(executing=1, waiting=0)

    async def talk(socket: Socket) -> None:
        await socket.opened()
        async with application.admission.place():
            refused = await socket.ask("{ hello }")
            subscribed = await socket.ask("subscription { countTo(last: 1) }")

        assert refused["payload"][0]["extensions"]["code"] == "OVERLOADED"
        assert subscribed["payload"]["data"] == {"countTo": 1}

    conversation(talk)


def test_a_client_that_has_left_by_the_time_it_is_answered_is_no_error(application):
    sent = []

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] != "websocket.accept":
            raise OSError  # as servers say that nobody is there

    async def scenario() -> None:
        socket = Socket(application, send=send)
        await socket.send({"type": "connection_init"})
        await socket.leave()

    async_to_sync(scenario)()

    assert sent == ["websocket.accept", "websocket.send"]


def test_a_bug_is_masked(conversation):
    async def talk(socket: Socket) -> None:
        await socket.opened()
        answer = await socket.ask("subscription { fails }")
        failed = await socket.message()

        assert answer["payload"]["data"] == {"fails": 1}
        assert failed["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert "secret" not in json.dumps(failed)

    conversation(talk)


BAD_MESSAGES = {
    "null": "null",
    "a number": "3",
    "a list": "[]",
    "no JSON": "{",
    "half of a surrogate pair": r'{"type": "ping", "payload": {"a": "\ud800"}}',
    "no type": "{}",
    "a type of numbers": '{"type": 3}',
    "an unknown type": '{"type": "start"}',
    "no id": '{"type": "subscribe", "payload": {"query": "{ hello }"}}',
    "an id in a list": '{"id": [], "type": "complete"}',
    "no payload": '{"id": "1", "type": "subscribe"}',
    "a payload of text": '{"id": "1", "type": "subscribe", "payload": "{ hello }"}',
    "a query of numbers": '{"id": "1", "type": "subscribe", "payload": {"query": 3}}',
    "variables in a list": '{"id": "1", "type": "subscribe", "payload": {"query": "", "variables": []}}',
}


@pytest.mark.parametrize("text", BAD_MESSAGES.values(), ids=BAD_MESSAGES)
def test_a_message_that_is_none_closes_the_connection_with_4400(conversation, text):
    async def talk(socket: Socket) -> None:
        await socket.opened()
        await socket.send_text(text)

        assert await socket.closed() == 4400

    conversation(talk)


def test_a_binary_frame_closes_the_connection(conversation):
    async def talk(socket: Socket) -> None:
        await socket.opened()
        await socket.send_bytes(b"{}")

        assert await socket.closed() == 4400

    conversation(talk)


def test_a_message_that_is_too_big_closes_the_connection(conversation):
    async def talk(socket: Socket) -> None:
        await socket.opened()
        await socket.send({"type": "ping", "payload": {"a": "x" * 256 * 1024}})

        assert await socket.closed() == 1009

    conversation(talk)


def test_the_legacy_protocol_is_not_spoken(conversation):
    async def talk(socket: Socket) -> None:
        assert (await socket.event()).get("subprotocol") is None
        assert await socket.closed() == 4406

    conversation(talk, protocols="graphql-ws")


def test_another_sites_page_is_refused_before_the_connection_opens(conversation):
    async def talk(socket: Socket) -> None:
        assert await socket.closed() == 1008

    conversation(talk, origin="https://evil.example")


def test_a_host_name_that_is_not_ours_is_refused(conversation):
    async def talk(socket: Socket) -> None:
        assert await socket.closed() == 1008

    conversation(talk, host="rebound.example", origin="http://rebound.example")


def test_our_own_page_is_let_in(conversation):
    async def talk(socket: Socket) -> None:
        await socket.opened()

    conversation(talk, origin="http://testserver")


def test_a_token_in_the_first_message_names_its_person(db, conversation):
    make_token()

    async def talk(socket: Socket) -> None:
        await socket.opened({"Authorization": f"Bearer {SECRET}"})

        assert (await socket.ask("{ viewerName }"))["payload"]["data"] == {"viewerName": "ada"}

    conversation(talk)


def test_a_token_of_the_handshake_names_its_person(db, conversation):
    make_token()

    async def talk(socket: Socket) -> None:
        await socket.opened()

        assert (await socket.ask("{ viewerName }"))["payload"]["data"] == {"viewerName": "ada"}

    conversation(talk, authorization=f"Bearer {SECRET}")


def test_a_bad_token_closes_the_connection(db, conversation):
    async def talk(socket: Socket) -> None:
        await socket.event()
        await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {SECRET}"}})

        assert await socket.closed() == 4403

    conversation(talk)


def test_a_token_that_is_revoked_ends_the_connection_at_the_next_operation(db, conversation):
    token = make_token()

    async def talk(socket: Socket) -> None:
        await socket.opened({"Authorization": f"Bearer {SECRET}"})
        await socket.ask("{ hello }")
        await socket.message()
        await token.adelete()
        await socket.send({"id": "2", "type": "subscribe", "payload": {"query": "{ viewerName }"}})

        assert await socket.closed() == 4403

    conversation(talk)
