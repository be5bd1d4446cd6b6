"""A worker is killed, the database crashes, is full, slow or locked, clients dawdle: nothing that was acknowledged is
lost, nothing is told of our side, and the server is well again by itself.
"""

import json
import socket
from typing import Any

import httpx
import psycopg2
import pytest

from tests.faults.cluster import Cluster
from tests.faults.server import LOCK_TIMEOUT_MS, WORKERS, Load, Server, create_note
from tests.schema.execution.conftest import wait_until

pytestmark = pytest.mark.slow

SLOW_CLIENTS = 200
HALF_A_REQUEST = (
    b"POST /graphql/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
)


def stored(cluster: Cluster, name: str) -> list[str]:
    """The notes of a load that the database has."""
    return [
        text
        for (text,) in cluster.rows("SELECT content FROM courses_note WHERE content LIKE %s", f"{name} %")
    ]


def assert_nothing_lost(cluster: Cluster, load: Load, name: str) -> None:
    """What was acknowledged is there once, and there is nothing that nobody has asked for."""
    notes = stored(cluster, name)
    assert len(notes) == len(set(notes))
    assert set(load.kept) <= set(notes)
    assert set(notes) <= set(load.kept) | set(load.unknown)


def assert_says_nothing_of_our_side(cluster: Cluster, response: httpx.Response) -> None:
    for word in (cluster.where, "socket", "psycopg", "port", "connection", "Traceback", "SELECT", "courses_"):
        assert word not in response.text


def code_of(response: httpx.Response) -> str:
    [error] = response.json()["errors"]
    code: str = error["extensions"]["code"]
    return code


def ask(server: Server, query: str, **headers: str) -> httpx.Response:
    with server.client() as client:
        return client.post("/graphql/", json={"query": query}, headers=headers)


def test_a_worker_that_is_killed_loses_nothing_and_is_replaced(cluster: Cluster, server: Server) -> None:
    before = {worker.pid for worker in server.workers()}
    with Load(server, "killed") as load:
        load.wait_for_notes(100)
        victim = server.workers()[0]
        victim.kill()
        load.wait_for_notes(100)

    assert set(load.statuses) == {200}
    assert_nothing_lost(cluster, load, "killed")
    wait_until(lambda: len({worker.pid for worker in server.workers()} - {victim.pid}) == WORKERS)
    assert victim.pid in before


def test_a_database_that_crashes_loses_nothing_and_the_server_recovers_by_itself(
    cluster: Cluster, server: Server
) -> None:
    with Load(server, "crashed") as load:
        load.wait_for_notes(100)
        cluster.crash()
        for _ in range(20):
            assert load.refused.acquire(timeout=30)
        cluster.start()
        load.wait_for_notes(200)

    assert set(load.statuses) <= {200, 503}
    assert {code_of(response) for response in load.refusals} == {"UNAVAILABLE"}
    assert all("retry-after" in response.headers for response in load.refusals)
    for response in load.refusals:
        assert_says_nothing_of_our_side(cluster, response)
    assert_nothing_lost(cluster, load, "crashed")


def test_while_the_database_is_away_probes_say_so_and_pages_do_not_hang(
    cluster: Cluster, server: Server
) -> None:
    cluster.crash()
    try:
        ready = httpx.get(f"{server.address}/readyz", timeout=10)
        live = httpx.get(f"{server.address}/livez", timeout=10)
        asked = ask(server, "{ courses { totalCount } }")
    finally:
        cluster.start()

    assert (live.status_code, ready.status_code, asked.status_code) == (200, 503, 503)
    assert_says_nothing_of_our_side(cluster, asked)
    server.wait_for("/readyz")
    assert ask(server, "{ courses { totalCount } }").status_code == 200


def test_without_a_free_session_the_answer_is_503_and_afterwards_all_is_well(
    cluster: Cluster, server: Server
) -> None:
    held = [cluster.open()]
    try:
        while has_sessions(
            held[0]
        ):  # each time some that the server has lost are taken before it has them back
            end_the_servers_sessions(held[0])
            hold_every_session(cluster, held)
        answers = [ask(server, "{ courses { totalCount } }") for _ in range(10)]
    finally:
        for session in held:
            session.close()

    assert {response.status_code for response in answers} == {503}
    assert {code_of(response) for response in answers} == {"UNAVAILABLE"}
    for response in answers:
        assert_says_nothing_of_our_side(cluster, response)
    wait_until(lambda: ask(server, "{ courses { totalCount } }").status_code == 200)


OF_THE_SERVER = (
    "FROM pg_stat_activity WHERE datname = current_database() AND client_port IS NOT NULL"
    " AND application_name <> 'held' AND pid <> pg_backend_pid()"
)


def has_sessions(session: Any) -> bool:
    """Tell if the server has any."""
    with session.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {OF_THE_SERVER}")
        return bool(cursor.fetchone()[0])


def end_the_servers_sessions(session: Any) -> None:
    with session.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid, 1000) {OF_THE_SERVER}")


def hold_every_session(cluster: Cluster, held: list[Any]) -> None:
    """Open sessions until there are no more."""
    while True:
        try:
            session = cluster.open()
        except psycopg2.OperationalError:
            return
        session.cursor().execute("SET application_name = 'held'")
        held.append(session)


def test_a_statement_that_takes_too_long_is_stopped_and_its_session_is_good_afterwards(
    cluster: Cluster, server: Server
) -> None:
    cluster.rows(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.content LIKE 'slow%%' THEN PERFORM pg_sleep(30); END IF; RETURN NEW; END $$"
    )
    cluster.rows("CREATE TRIGGER dawdle BEFORE INSERT ON courses_note FOR EACH ROW EXECUTE FUNCTION dawdle()")
    try:
        with server.client() as client:
            slow = create_note(client, server.people["lesson"], "slow 1")
            quick = [create_note(client, server.people["lesson"], f"quick {number}") for number in range(8)]
    finally:
        cluster.rows("DROP TRIGGER dawdle ON courses_note; DROP FUNCTION dawdle")

    assert (slow.status_code, code_of(slow)) == (504, "TIMEOUT")
    assert_says_nothing_of_our_side(cluster, slow)
    assert [response.status_code for response in quick] == [200] * 8
    assert stored(cluster, "slow") == []
    assert len(stored(cluster, "quick")) == 8


def test_a_lock_that_somebody_keeps_is_busy_and_nothing_is_half_written(
    cluster: Cluster, server: Server
) -> None:
    holder = cluster.open()
    holder.autocommit = False
    holder.cursor().execute("LOCK TABLE courses_note IN EXCLUSIVE MODE")
    try:
        with server.client() as client:
            busy = create_note(client, server.people["lesson"], "busy 1")
        read = ask(server, "{ courses { totalCount } }")
    finally:
        holder.rollback()
        holder.close()

    assert (busy.status_code, code_of(busy), busy.headers["retry-after"]) == (503, "BUSY", "1")
    assert busy.elapsed.total_seconds() >= LOCK_TIMEOUT_MS / 1000
    assert read.status_code == 200
    assert stored(cluster, "busy") == []
    with server.client() as client:
        assert create_note(client, server.people["lesson"], "busy 2").status_code == 200


def test_two_hundred_clients_with_half_a_request_keep_nobody_waiting(
    cluster: Cluster, server: Server
) -> None:
    slow = []
    try:
        for _ in range(SLOW_CLIENTS):
            slow.append(socket.create_connection((server.host, server.port)))
            slow[-1].sendall(HALF_A_REQUEST)
        with Load(server, "patient") as load:
            load.wait_for_notes(100)
    finally:
        for each in slow:
            each.close()

    assert set(load.statuses) == {200}
    assert_nothing_lost(cluster, load, "patient")


def test_every_line_on_standard_output_is_json_and_each_request_has_one(
    cluster: Cluster, server: Server
) -> None:
    request_id = "line-of-the-log"

    answer = ask(server, "query Logged { viewer { user { id } } }", **{"X-Request-ID": request_id})

    def line() -> list[dict[str, Any]]:
        lines = [json.loads(text) for text in server.log.read_text().splitlines()]
        return [each for each in lines if each.get("request_id") == request_id]

    wait_until(lambda: line() != [])
    [logged] = line()
    assert answer.status_code == 200
    assert logged["level"] == "info"
    assert logged["principal"].startswith("token:")
    assert (logged["cost"], logged["status"], logged["transport"]) == (3, 200, "http")
    assert logged["statements"] >= 3
    assert logged["milliseconds"] > 0


@pytest.mark.parametrize("invariant", [
    "SELECT 1 FROM courses_note GROUP BY content HAVING count(*) > 1",
    "SELECT 1 FROM courses_assessmentattempt WHERE is_completed AND end_time IS NULL",
])  # fmt: skip
def test_after_all_faults_the_data_are_whole(cluster: Cluster, server: Server, invariant: str) -> None:
    assert cluster.rows(invariant) == []
