"""The database is away, slow or locked, clients dawdle: the answer says so and nothing of our side, and all is well
again.
"""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from schema.core import ids
from tests.faults.judging import OF_OUR_SIDE
from tests.faults.playing import Ground, Scenario, as_ever, play
from tests.faults.server import LOCK_TIMEOUT_MS, Server
from tests.operations import operation
from tests.schema.execution.conftest import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db]  # whose tables are copied

COUNT = "{ courses { totalCount } }"
SLOW_CLIENTS = 200
HALF_A_REQUEST = (
    b"POST /graphql/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
)


@pytest.fixture
def client(ground: Ground) -> Iterator[httpx.Client]:
    """The client of a learner."""
    ground.server.serve()
    with ground.server.client(ground.world.crews[-1][0]) as client:
        yield client


def stored(ground: Ground, name: str) -> list[str]:
    """The notes of a test that the database has."""
    found = ground.cluster.rows("SELECT content FROM courses_note WHERE content LIKE %s", f"{name} %")
    return [text for (text,) in found]


def create_note(ground: Ground, client: httpx.Client, text: str) -> httpx.Response:
    given = {"lessonId": ids.encode("Lesson", ground.world.assessments[0].lesson), "content": text}
    return client.post("/graphql/", json={"query": operation("create_note"), "variables": {"input": given}})


def assert_says_nothing_of_our_side(response: httpx.Response) -> None:
    assert [word for word in OF_OUR_SIDE if word in response.text] == []


def code_of(response: httpx.Response) -> str:
    [error] = response.json()["errors"]
    code: str = error["extensions"]["code"]
    return code


def test_while_the_database_is_away_probes_say_so_and_pages_do_not_hang(
    ground: Ground, client: httpx.Client
) -> None:
    ground.cluster.crash()
    try:
        ready, live = client.get("/readyz"), client.get("/livez")
        asked = client.post("/graphql/", json={"query": COUNT})
    finally:
        ground.cluster.start()

    assert (live.status_code, ready.status_code, asked.status_code) == (200, 503, 503)
    assert code_of(asked) == "UNAVAILABLE"
    assert "retry-after" in asked.headers
    assert_says_nothing_of_our_side(asked)
    ground.server.wait_for("/readyz")
    assert client.post("/graphql/", json={"query": COUNT}).status_code == 200


def test_a_statement_that_takes_too_long_is_stopped_and_its_session_is_good_afterwards(
    ground: Ground, client: httpx.Client
) -> None:
    rows = ground.cluster.rows
    rows(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.content LIKE 'slow%%' THEN PERFORM pg_sleep(30); END IF; RETURN NEW; END $$"
    )
    rows("CREATE TRIGGER dawdle BEFORE INSERT ON courses_note FOR EACH ROW EXECUTE FUNCTION dawdle()")
    try:
        slow = create_note(ground, client, "slow 1")
        quick = [create_note(ground, client, f"quick {number}") for number in range(8)]
    finally:
        rows("DROP TRIGGER dawdle ON courses_note; DROP FUNCTION dawdle")

    assert (slow.status_code, code_of(slow)) == (504, "TIMEOUT")
    assert_says_nothing_of_our_side(slow)
    assert [response.status_code for response in quick] == [200] * 8
    assert stored(ground, "slow") == []
    assert len(stored(ground, "quick")) == 8


def test_a_lock_that_somebody_keeps_is_busy_and_nothing_is_half_written(
    ground: Ground, client: httpx.Client
) -> None:
    holder = ground.cluster.open()
    holder.autocommit = False
    holder.cursor().execute("LOCK TABLE courses_note IN EXCLUSIVE MODE")
    try:
        busy = create_note(ground, client, "busy 1")
        read = client.post("/graphql/", json={"query": COUNT})
    finally:
        holder.rollback()
        holder.close()

    assert (busy.status_code, code_of(busy), busy.headers["retry-after"]) == (503, "BUSY", "1")
    assert busy.elapsed.total_seconds() >= LOCK_TIMEOUT_MS / 1000
    assert read.status_code == 200
    assert stored(ground, "busy") == []
    assert create_note(ground, client, "busy 2").status_code == 200


def test_two_hundred_clients_with_half_a_request_keep_nobody_waiting(ground: Ground) -> None:
    scenario = Scenario("slow clients", lambda stage: SlowClients(stage.server), as_ever)

    played = play(scenario, ground, operations=40, seed=1)

    assert (played.findings, played.history.codes()) == ([], {})


class SlowClients:
    """Clients that send half a request each and keep their connection."""

    def __init__(self, server: Server) -> None:
        place = (server.host, server.port)
        self._connections = [socket.create_connection(place) for _ in range(SLOW_CLIENTS)]

    def __enter__(self) -> None:
        for each in self._connections:
            each.sendall(HALF_A_REQUEST)

    def __exit__(self, *_: object) -> None:
        for each in self._connections:
            each.close()


def test_every_line_on_standard_output_is_json_and_each_request_has_one(
    ground: Ground, client: httpx.Client
) -> None:
    request_id = "line-of-the-log"

    query = "query Logged { viewer { user { id } } }"
    answer = client.post("/graphql/", json={"query": query}, headers={"X-Request-ID": request_id})

    def line() -> list[dict[str, Any]]:
        return [each for each in ground.server.lines() if each.get("request_id") == request_id]

    wait_until(lambda: line() != [])
    [logged] = line()
    assert answer.status_code == 200
    assert logged["level"] == "info"
    assert logged["principal"].startswith("token:")
    assert (logged["cost"], logged["status"], logged["transport"]) == (3, 200, "http")
    assert logged["statements"] >= 1
    assert logged["milliseconds"] > 0
