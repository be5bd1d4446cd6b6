"""Clients that do not read: nobody else waits for them, and what waits for them has its bounds."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.db import connection

from config import connections
from config.transport import BoundedTransport
from tests.config.raw_client import RawClient, RawWebSocket
from tests.schema.execution.conftest import LiveServer, real_threads, server, wait_until
from tests.schema.network.small_schema import run_sql

__all__ = ["real_threads", "server"]

COUNTED = """{ executeSql(sql: "SELECT nextval('executions')") }"""
HELLOS = " ".join(f"a{number}: hello(name: $text)" for number in range(50))
MUCH = f"query ($text: String!) {{{{ {HELLOS} }}}}"
FOR_EVER = 'subscription ($text: String! = "x") { repeat(text: $text, times: 1000000) }'
LARGE = "x" * 200_000
SMALL_BUFFER = 4_096
"""What a client takes before it reads."""


@pytest.fixture
def patient(settings) -> None:
    """Nobody is disconnected for being slow, and nothing is given up for that."""
    settings.WRITE_TIMEOUT_SECONDS = settings.REQUEST_DEADLINE_SECONDS = 600


@pytest.fixture
def impatient(settings) -> None:
    settings.WRITE_TIMEOUT_SECONDS = 0.2


@pytest.fixture
def one_place(settings) -> None:
    settings.EXECUTING_REQUESTS = 1


def post(query: str, *, text: str = "x", accept: str) -> bytes:
    body = json.dumps({"query": query, "variables": {"text": text}}).encode()
    return (
        b"POST /graphql/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Accept: %s\r\nContent-Length: %d\r\n\r\n%s" % (accept.encode(), len(body), body)
    )


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says that an operator should look at."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def subscriptions(query: str, *, count: int) -> list[dict[str, Any]]:
    """The messages that begin `count` operations."""
    return [
        {"id": f"{number}. {query}", "type": "subscribe", "payload": {"query": query}}
        for number in range(count)
    ]


@pytest.fixture
def executions(transactional_db) -> Iterator[Callable[[], int]]:
    """How often COUNTED was executed."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE executions")
    yield lambda: int(run_sql("SELECT last_value FROM executions"))
    with connection.cursor() as cursor:
        cursor.execute("DROP SEQUENCE executions")


@pytest.mark.usefixtures("patient", "one_place")
def test_a_websocket_that_does_not_read_holds_no_place_and_has_no_more_executed(
    server: LiveServer, executions: Callable[[], int]
):
    with RawWebSocket(server.address, receive_buffer=SMALL_BUFFER) as websocket:
        websocket.send_messages(subscriptions(FOR_EVER, count=1) + subscriptions(COUNTED, count=49))
        wait_until(lambda: server.waiting_for_a_reader > 0, seconds=30)

        answers = [
            httpx.post(f"{server.address}/graphql/", json={"query": "{ hello }"}, timeout=30)
            for _ in range(3)
        ]

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert server.waiting_for_a_reader == 1
        assert executions() < 49


@pytest.mark.usefixtures("impatient")
def test_a_websocket_that_does_not_read_is_disconnected(server: LiveServer):
    with RawWebSocket(server.address, receive_buffer=SMALL_BUFFER) as websocket:
        websocket.send_messages(subscriptions(FOR_EVER, count=1))

        wait_until(lambda: server.connections == 0, seconds=30)
        assert server.application.handlers == set()


@pytest.mark.usefixtures("patient")
def test_more_than_may_wait_for_a_websocket_disconnects_it_at_once(server: LiveServer, settings, caplog):
    settings.MAX_UNSENT_BYTES = 3_000_000  # two events
    with RawWebSocket(server.address, receive_buffer=SMALL_BUFFER) as websocket:
        websocket.send_messages(subscriptions(FOR_EVER, count=5))

        wait_until(lambda: server.connections == 0, seconds=30)

    assert complaints(caplog) == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "request_sent",
    [post(MUCH, text=LARGE, accept="application/json"), post(FOR_EVER, accept="text/event-stream")],
    ids=["answer", "stream"],
)
def test_a_client_that_does_not_read_its_answer_is_disconnected(server: LiveServer, request_sent):
    with RawClient(server.address, receive_buffer=SMALL_BUFFER) as client:
        client.send(request_sent)

        wait_until(lambda: server.connections == 0, seconds=30)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("transport", ["websocket", "stream"])
def test_a_client_that_leaves_without_reading_is_no_error(server: LiveServer, caplog, transport):
    if transport == "websocket":
        websocket = RawWebSocket(server.address, receive_buffer=SMALL_BUFFER)
        websocket.send_messages(subscriptions(FOR_EVER, count=3))
        client: RawClient = websocket
    else:
        client = RawClient(server.address, receive_buffer=SMALL_BUFFER)
        client.send(post(FOR_EVER, accept="text/event-stream"))
    wait_until(lambda: server.waiting_for_a_reader > 0, seconds=30)

    client.socket.close()  # with bytes unread, which resets the connection

    wait_until(lambda: server.connections == 0 and server.application.handlers == set(), seconds=30)
    assert complaints(caplog) == []


@pytest.mark.usefixtures("patient")
def test_nobody_who_does_not_read_delays_the_end_of_the_process(server: LiveServer, caplog, monkeypatch):
    monkeypatch.setattr(connections, "FAREWELL_SECONDS", 0.2)
    with (
        RawWebSocket(server.address, receive_buffer=SMALL_BUFFER) as websocket,
        RawClient(server.address, receive_buffer=SMALL_BUFFER) as client,
    ):
        websocket.send_messages(subscriptions(FOR_EVER, count=1))
        client.send(post(FOR_EVER, accept="text/event-stream"))
        wait_until(lambda: server.waiting_for_a_reader == 2, seconds=30)

        server.stop()

    assert complaints(caplog) == []


class FakeTransport:
    """Notes what is done to it. Some bytes are always left to be sent."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.aborted = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Keep them."""

    def get_write_buffer_size(self) -> int:
        return 10

    def is_closing(self) -> bool:
        return "close" in self.done

    def abort(self) -> None:
        self.done.append("abort")
        self.aborted.set()

    def __getattr__(self, name: str) -> Any:
        return lambda: self.done.append(name)


def test_a_client_that_does_not_read_is_not_read_from():
    async def scenario() -> list[str]:
        fake: Any = FakeTransport()
        transport = BoundedTransport(fake)
        transport.writing_paused()
        transport.pause_reading()
        transport.resume_reading()
        transport.writing_resumed()
        return fake.done

    assert asyncio.run(scenario()) == ["pause_reading", "pause_reading", "resume_reading"]


def test_a_connection_that_is_closed_before_all_was_sent_has_as_long_as_any_other(settings):
    settings.WRITE_TIMEOUT_SECONDS = 0.01

    async def scenario() -> list[str]:
        fake: Any = FakeTransport()
        BoundedTransport(fake).close()
        async with asyncio.timeout(30):
            await fake.aborted.wait()
        return fake.done

    assert asyncio.run(scenario()) == ["close", "abort"]
