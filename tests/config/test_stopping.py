"""A server that is told to stop: everybody is told so, nothing is left running, and the log is JSON to its end."""

from pathlib import Path

import psycopg2
import pytest

from schema.execution import database_threads
from tests.config.raw_client import RawClient, status_of
from tests.operations import operation
from tests.schema.execution.conftest import (
    LiveServer,
    advisory_lock,
    real_threads,
    server,
    wait_until,
)
from tests.serve_command import ServeCommand, directory
from tests.subscribing import Connections, event_stream

__all__ = ["advisory_lock", "directory", "real_threads", "server"]

NEWS = 'subscription { newsOf(topic: "attempt:1") }'
ENDS_WITHIN_SECONDS = 60
"""For the tests' own sake: nothing takes that long unless it never ends."""

BODY = b'{"query": "{ __typename }"}'
HEAD = (
    b"POST /graphql/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY)
)
"""Answered by 100 once a worker reads the body that it announces."""


def test_an_event_stream_is_completed_and_a_websocket_closed_so_that_its_client_comes_again(
    server: LiveServer,
) -> None:
    with Connections() as connections, event_stream(server.address, None, NEWS) as events:
        client = connections.open(server.address)
        client.subscribe(NEWS)
        assert client.event() == next(events)[1]["data"] == {"newsOf": 0}

        server.begin_to_stop()

        assert [*events] == [("complete", None)]
        assert client.closed() == 1012


def test_what_is_executed_over_a_websocket_is_answered_first_and_nothing_more_begins(
    server: LiveServer, advisory_lock: psycopg2.extensions.connection
) -> None:
    with Connections() as connections:
        client = connections.open(server.address)
        under_way = client.subscribe('mutation { executeSql(sql: "SELECT pg_advisory_xact_lock(7)::text") }')
        wait_until(lambda: database_threads.jobs_under_way() == 1)

        server.begin_to_stop()
        wait_until(lambda: server.application.listener.has_ended)
        too_late = client.subscribe("mutation { change }")
        refused = client.message()
        advisory_lock.close()

        assert (refused["id"], refused["payload"][0]["extensions"]["code"]) == (too_late, "OVERLOADED")
        assert client.event() == {"executeSql": ""}
        assert client.message() == {"id": under_way, "type": "complete"}
        assert client.closed() == 1012


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_is_terminated_takes_leave_of_everybody_and_stops_its_database(
    directory: Path, workers: int
) -> None:
    server = ServeCommand(directory, workers=workers)
    try:
        token, query = server.make_token(), operation("notification_received")
        with Connections() as connections, event_stream(server.address, token, query) as events:
            client = connections.open(server.address, token)
            client.subscribe(query)

            server.process.terminate()

            assert [*events][-1] == ("complete", None)
            types, code = client.farewell()
            assert code == 1012
            assert types in ([], ["error"])  # never complete; an error where the server was told first
        assert server.process.wait(timeout=ENDS_WITHIN_SECONDS) == 0
    finally:
        server.process.kill()

    assert not (directory / "postgresql" / "postmaster.pid").exists()
    assert [line for line in server.lines() if "uvicorn" in line["logger"] or "exception" in line] == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_it_refuses_connections_at_once_and_still_answers_the_request_that_it_has(
    directory: Path, workers: int
) -> None:
    server = ServeCommand(directory, workers=workers)
    try:
        with RawClient(server.address) as client:
            client.send(HEAD)
            assert status_of(client.socket.recv(100)) == 100

            server.process.terminate()
            wait_until(lambda: refuses(server.address))
            client.send(BODY)

            assert status_of(client.answer()) == 200
        assert server.process.wait(timeout=ENDS_WITHIN_SECONDS) == 0
    finally:
        server.process.kill()


def refuses(address: str) -> bool:
    try:
        RawClient(address).socket.close()
    except ConnectionRefusedError:
        return True
    return False
