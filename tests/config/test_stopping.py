"""A server that is told to stop: everybody is told so, nothing is left running, and the log is JSON to its end."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest
from django.conf import settings

from schema.execution import database_threads
from tests.demo_server import READY_WITHIN_SECONDS, free_port
from tests.operations import operation
from tests.schema.execution.conftest import (
    LiveServer,
    advisory_lock,
    real_threads,
    server,
    wait_until,
)
from tests.subscribing import Connections, event_stream

__all__ = ["advisory_lock", "real_threads", "server"]

NEWS = 'subscription { newsOf(topic: "attempt:1") }'
ENDS_WITHIN_SECONDS = 60
"""For the tests' own sake: nothing takes that long unless it never ends."""


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


PERSON = """
import django
django.setup()
from courses.constants import Scope
from courses.services.access_tokens import create_access_token
from tests import factories
print(create_access_token(owner=factories.make_user(), name="stopping", scopes=Scope.values).secret)
"""


class ServeCommand:
    """`manage.py serve` with an embedded database in `directory`."""

    def __init__(self, directory: Path, *, workers: int) -> None:
        without = {"DATABASE_URL", "COURSES_DATA_DIR"}
        self._environment = {name: value for name, value in os.environ.items() if name not in without}
        self._environment |= {"COURSES_DATA_DIR": str(directory), "DJANGO_SETTINGS_MODULE": "config.settings"}
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._said = directory / "said"
        command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(workers)]
        with self._said.open("w") as said:
            self.process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self._environment, stdout=said, stderr=said
            )
        wait_until(self._is_ready, seconds=READY_WITHIN_SECONDS)

    def make_token(self) -> str:
        """The token of a new person."""
        command = [sys.executable, "-c", PERSON]
        made = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self._environment, capture_output=True, text=True, check=True
        )
        return made.stdout.strip()

    def lines(self) -> list[dict[str, Any]]:
        """What it wrote to standard output and to standard error, which is JSON in every line."""
        return [json.loads(line) for line in self._said.read_text().splitlines()]

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self._said.read_text()
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        return False


@pytest.fixture
def directory() -> Iterator[Path]:
    """Not below pytest's directories, which another run of pytest closes to the user that PostgreSQL runs as."""
    made = Path(tempfile.mkdtemp(prefix="stopping-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


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
