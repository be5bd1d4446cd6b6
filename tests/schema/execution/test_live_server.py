"""A whole server under load: the sessions it opens, and what happens when it loses them."""

import gc
import json
import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.schema.execution.conftest import (
    DATABASE_THREADS,
    DJANGO_THREADS,
    LiveServer,
    other_sessions,
    wait_until,
)

CLIENTS = 64
REQUESTS = 500
SESSIONS = DATABASE_THREADS + DJANGO_THREADS
HALF_A_REQUEST = (
    b"POST /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
)


class Load:
    """Requests of many clients at once: GraphQL and Django's pages in turn."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._together = threading.Barrier(CLIENTS)
        self.statuses: Counter[int] = Counter()
        self.answered = threading.Semaphore(0)

    def run(self, requests: int = REQUESTS) -> None:
        """Send `requests` requests from CLIENTS threads which begin together."""
        numbers = iter(range(requests))
        with ThreadPoolExecutor(CLIENTS) as clients:
            for client in [clients.submit(self._client, numbers) for _ in range(CLIENTS)]:
                client.result()

    def _client(self, numbers) -> None:
        with httpx.Client(base_url=self._address, timeout=30) as client:
            self._together.wait()
            for number in numbers:
                self.statuses[self._send(client, number)] += 1
                self.answered.release()

    def _send(self, client: httpx.Client, number: int) -> int:
        if number % 2:
            return client.get("/readyz").status_code
        return client.post("/graphql/", json={"query": "{ courseCount }"}).status_code


def test_500_requests_of_64_clients_open_exactly_one_session_for_each_thread(address, opened_sessions):
    load = Load(address)

    load.run()

    assert load.statuses == {200: REQUESTS}
    assert len(opened_sessions) == SESSIONS
    assert sorted(other_sessions()) == sorted(opened_sessions)


def test_a_server_that_stops_leaves_no_session(real_threads):
    server = LiveServer()
    Load(server.start()).run(100)

    server.stop()

    wait_until(lambda: other_sessions() == [])


def test_no_collection_goes_through_what_start_up_made(real_threads):
    server = LiveServer()
    made_before: list[int] = []

    server.start()
    made_since: list[int] = []
    collected = [id(each) for each in gc.get_objects()]
    server.stop()

    assert (id(made_before) in collected, id(made_since) in collected) == (False, True)
    assert gc.get_freeze_count() == 0


def test_losing_every_session_under_load_costs_at_most_one_error_each(address, opened_sessions):
    load = Load(address)
    running = threading.Thread(target=load.run)
    running.start()
    for _ in range(REQUESTS // 3):
        load.answered.acquire()

    terminated = other_sessions()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [terminated])
    running.join()

    assert load.statuses[503] <= len(terminated) == SESSIONS
    assert load.statuses[200] == REQUESTS - load.statuses[503]
    assert len(opened_sessions) <= 2 * SESSIONS

    recovered = Load(address)
    recovered.run(200)
    assert recovered.statuses == {200: 200}


def test_slow_clients_hold_no_thread(address):
    host, port = address.removeprefix("http://").split(":")
    slow = []
    for number in range(50):
        slow.append(socket.create_connection((host, int(port))))
        slow[-1].sendall(HALF_A_REQUEST % (b"graphql/" if number % 2 else b"admin/login/"))

    load = Load(address)
    load.run(CLIENTS)
    for each in slow:
        each.close()

    assert load.statuses == {200: CLIENTS}


def test_subscriptions_reach_a_client_over_a_real_websocket(address):
    url = address.replace("http", "ws") + "/graphql/"
    query = {"query": "subscription { countTo(last: 3) }"}

    with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as websocket:
        websocket.send('{"type": "connection_init"}')
        websocket.send(json.dumps({"id": "1", "type": "subscribe", "payload": query}))
        frames = [websocket.recv() for _ in range(5)]

    assert all(isinstance(frame, str) for frame in frames)
    messages = [json.loads(frame) for frame in frames]
    assert [message["type"] for message in messages] == ["connection_ack", *["next"] * 3, "complete"]
    assert [message["payload"]["data"]["countTo"] for message in messages[1:4]] == [1, 2, 3]


def test_probes_and_the_published_schema_are_answered(address):
    assert httpx.get(f"{address}/livez").json() == {"status": "up"}
    assert httpx.get(f"{address}/readyz").json() == {"status": "ready"}
    assert httpx.get(f"{address}/accounts/login/").status_code == 200
    assert httpx.get(f"{address}/graphql", params={"query": "{ hello }"}).json()["data"] == {
        "hello": "hello you"
    }


def test_a_database_without_the_latest_migration_is_not_ready(address):
    [latest] = MigrationLoader(connection).graph.leaf_nodes("courses")
    MigrationRecorder(connection).record_unapplied(*latest)
    try:
        response = httpx.get(f"{address}/readyz")
    finally:
        MigrationRecorder(connection).record_applied(*latest)

    assert (response.status_code, response.json()["reason"]) == (503, "migrations missing")
