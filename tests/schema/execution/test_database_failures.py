"""What clients are told when the database is away, locked or slow: the truth, and nothing of where it is."""

from collections.abc import Iterator

import httpx
import pytest
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper

from tests.schema.network.test_authentication import SECRET

ADDRESS = "10.20.30.40"
JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"


@pytest.fixture
def database_away() -> Iterator[None]:
    """No session can be opened while the test runs."""

    def refuse(self: DatabaseWrapper, parameters: object) -> None:
        raise OperationalError(f'connection to server at "{ADDRESS}", port 5432 failed: Connection refused')

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseWrapper, "get_new_connection", refuse)
        yield


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
@pytest.mark.parametrize("headers", [{}, {"Authorization": f"Bearer {SECRET}"}], ids=["anonymous", "token"])
def test_without_a_database_the_answer_is_503_and_names_no_address(address, database_away, accept, headers):
    response = httpx.post(
        f"{address}/graphql/", json={"query": "{ courseCount }"}, headers=headers | {"Accept": accept}
    )

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.headers["content-type"] == accept
    assert "data" not in response.json()
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert ADDRESS not in response.text


def test_what_needs_no_database_is_answered_without_one(address, database_away):
    response = httpx.post(f"{address}/graphql/", json={"query": '{ hello executeSql(sql: "SELECT 1") }'})

    assert (response.status_code, response.json()["data"]) == (
        200,
        {"hello": "hello you", "executeSql": None},
    )
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


def test_without_a_database_the_process_lives_and_is_not_ready(address, database_away):
    ready = httpx.get(f"{address}/readyz")

    assert httpx.get(f"{address}/livez").status_code == 200
    assert (ready.status_code, ready.json()["reason"]) == (503, "database unreachable")
    assert ADDRESS not in ready.text


def test_a_lock_that_somebody_keeps_is_busy_and_the_session_is_good_afterwards(address, advisory_lock):
    sql = "SET LOCAL lock_timeout = 20; SELECT pg_advisory_xact_lock(7)::text"

    busy = httpx.post(f"{address}/graphql/", json={"query": f'mutation {{ executeSql(sql: "{sql}") }}'})
    after = httpx.post(f"{address}/graphql/", json={"query": "{ courseCount }"})

    assert (busy.status_code, busy.json()["errors"][0]["extensions"]["code"]) == (503, "BUSY")
    assert after.json()["data"] == {"courseCount": 0}
