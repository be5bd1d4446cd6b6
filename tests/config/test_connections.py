"""Connections at their bounds: too slow, too large, too many. Each ends, and nobody else has to wait for that."""

import resource

import httpx
import pytest

from config import connections
from tests.config.raw_client import UPGRADE, RawClient, status_of
from tests.schema.execution.conftest import LiveServer, address, real_threads, server, wait_until

__all__ = ["address", "real_threads", "server"]

TOO_SLOW = b"The request took too long to arrive."
HALF_A_HEAD = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half"
WHOLE = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
UNFINISHED_BODY = (
    b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n{"
)


@pytest.fixture
def impatient(settings) -> None:
    settings.HEADER_TIMEOUT_SECONDS = settings.BODY_TIMEOUT_SECONDS = 0.2


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("beginning", [HALF_A_HEAD, UPGRADE + b"X-Half", UPGRADE[:30]])
def test_a_head_that_is_not_finished_in_time_is_answered_with_408(address, beginning):
    with RawClient(address) as silent, RawClient(address) as dripping:
        silent.send(beginning)
        dripping.send(beginning)
        answers = [silent.all_until_closed(), dripping.drip_until_closed(b"x")]

    assert [status_of(answer) for answer in answers] == [408, 408]
    assert all(answer.endswith(TOO_SLOW) for answer in answers)


@pytest.mark.usefixtures("impatient")
def test_a_connection_on_which_no_request_begins_is_closed_without_a_word(address):
    with RawClient(address) as silent, RawClient(address) as dripping:
        assert silent.all_until_closed() == b""
        assert dripping.drip_until_closed(b"\r\n") == b""


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("beginning", "drop", "last_word"), [(b"\r\n", b"\r\n", b""), (b"GET /", b"x", TOO_SLOW)]
)
def test_the_next_request_of_a_connection_has_no_more_time_than_the_first(
    address, beginning, drop, last_word
):
    with RawClient(address) as client:
        client.send(WHOLE)
        assert status_of(client.answer()) == 200
        client.send(beginning)

        answer = client.drip_until_closed(drop)

    assert answer.endswith(last_word) if last_word else answer == b""


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", [b"/graphql/", b"/admin/login/", b"/nowhere"])
def test_a_body_that_is_not_finished_in_time_is_answered_with_408_on_every_path(address, path):
    with RawClient(address) as silent, RawClient(address) as dripping:
        silent.send(UNFINISHED_BODY % path)
        dripping.send(UNFINISHED_BODY % path)
        answers = [silent.all_until_closed(), dripping.drip_until_closed(b"x")]

    assert [status_of(answer) for answer in answers] == [408, 408]


@pytest.mark.usefixtures("impatient")
def test_a_body_that_was_answered_before_it_ends_cannot_keep_the_connection(address):
    refused_at_once = (UNFINISHED_BODY % b"/graphql/").replace(b"application/json", b"text/plain")

    with RawClient(address) as client:
        client.send(refused_at_once)
        assert status_of(client.answer()) == 415
        assert client.drip_until_closed(b"x") == b""


@pytest.mark.parametrize("head", [WHOLE[:-2], UPGRADE])
@pytest.mark.parametrize(
    "more", [b"X-Many: 1\r\n" * 101, b"X-Large: %s\r\n" % (b"x" * 33_000)], ids=["many", "large"]
)
def test_more_headers_than_are_read_are_refused_with_431(address, head, more):
    with RawClient(address) as client:
        client.send(head + more + b"\r\n")
        answer = client.all_until_closed()

    assert status_of(answer) == 431
    assert answer.endswith(b"A request may have 100 headers and 32768 bytes of them.")


@pytest.mark.parametrize(
    ("more", "status"),
    [(b"X-Large: %s\r\n\r\n" % (b"x" * 9_000), 431), (b"Content-Length: 1\r\n\r\nx", 400)],
    ids=["a large header", "a body"],
)
def test_what_a_request_may_have_and_a_handshake_may_not_is_refused_too(address, more, status):
    with RawClient(address) as client:
        client.send(UPGRADE + more)

        assert status_of(client.all_until_closed()) == status


@pytest.mark.parametrize("endless", [b"X-Endless: ", b"X-Many: 1\r\n" * 30], ids=["one header", "headers"])
def test_headers_without_end_are_refused_before_they_end(address, endless):
    with RawClient(address) as client:
        client.send(WHOLE[:-2] + endless + b"x" * 600_000)

        assert status_of(client.all_until_closed()) == 431


def test_head_keeps_the_connection_for_the_next_request(address):
    query = b" /graphql/?query={hello} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with RawClient(address) as client:
        client.send(b"HEAD" + query + b"\r\nGET" + query + b"Connection: close\r\n\r\n")
        answers = client.all_until_closed()

    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.count(b'{"data":{"hello":"hello you"}') == 1


def test_as_many_headers_as_are_allowed_are_read(address):
    with RawClient(address) as client:
        client.send(WHOLE[:-2] + b"X-Many: %s\r\n" % (b"x" * 300) * 99 + b"\r\n")

        assert status_of(client.answer()) == 200


def test_one_connection_too_many_is_refused_with_503_until_another_has_ended(server: LiveServer, settings):
    settings.MAX_CONNECTIONS = 2
    with RawClient(server.address) as one, RawClient(server.address):
        wait_until(lambda: server.connections == 2)

        refused = httpx.get(f"{server.address}/livez")
        with RawClient(server.address) as handshake:
            handshake.send(UPGRADE + b"\r\n")
            assert status_of(handshake.all_until_closed()) == 503
        one.socket.close()
        wait_until(lambda: server.connections == 1)
        served = httpx.get(f"{server.address}/livez")

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.text == "The server has too many connections. Please try again in a moment."
    assert served.status_code == 200


def test_a_refused_client_that_does_not_leave_is_disconnected(server: LiveServer, settings, monkeypatch):
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.2)
    settings.MAX_CONNECTIONS = 1
    with RawClient(server.address), RawClient(server.address) as client:
        assert status_of(client.all_until_closed()) == 503
        wait_until(lambda: connections.HttpProtocol.refused == set())


@pytest.mark.parametrize(("handles", "most"), [(256, 156), (65_536, 1_000), (50, 1)])
def test_connections_leave_file_handles_for_all_else(monkeypatch, handles, most):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (handles, handles))

    assert connections.most_connections() == most
