"""A subscriber of one process hears of what another process has written."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings
from django.db import connection

from courses.constants import Scope
from courses.models import Assessment
from courses.services.access_tokens import create_access_token
from tests.operations import operation
from tests.people import People
from tests.schema.execution.conftest import wait_until
from tests.subscribing import Connection, Connections
from tests.taking import Api, start


def database_url() -> str:
    """The database of the tests, for another process."""
    parameters = connection.get_connection_params()
    where = {name: parameters[name] for name in ("host", "port") if parameters.get(name)}
    person = f"{parameters['user']}:{parameters.get('password') or ''}"
    return f"postgresql://{person}@/{parameters['dbname']}?{urlencode(where)}"


@contextmanager
def server_processes(count: int) -> Iterator[list[str]]:
    """Processes that serve the database of the tests, at the addresses given."""
    ports = [free_port() for _ in range(count)]
    environment = os.environ | {"DATABASE_URL": database_url(), "COURSES_BACKGROUND_WORK": "off"}
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--log-level", "warning", "--port"]
    processes = [
        subprocess.Popen([*command, str(port)], cwd=settings.BASE_DIR, env=environment) for port in ports
    ]
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        wait_until(lambda: all(is_up(address) for address in addresses), seconds=60)
        yield addresses
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/livez").status_code == 200
    except httpx.TransportError:
        return False


class Learner:
    """Somebody who works on an attempt through one process."""

    def __init__(self, address: str, token: str, attempt: dict[str, Any]) -> None:
        self._client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"})
        self._attempt = attempt

    def flag(self, is_flagged: bool) -> None:
        question = self._attempt["questions"][0]["question"]
        self._send("flag_question", attemptId=self._attempt["id"], questionId=question, isFlagged=is_flagged)

    def complete(self) -> None:
        self._send("complete_attempt", input={"attemptId": self._attempt["id"]})

    def _send(self, name: str, **variables: Any) -> None:
        body = {"query": operation(name), "variables": variables}
        [payload] = self._client.post("/graphql/", json=body).json()["data"].values()
        assert payload["userErrors"] == []


def test_a_change_in_one_process_reaches_a_subscriber_of_another(
    transactional_db: None, api: Api, people: People, assessment: Assessment
) -> None:
    attempt = start(api, people.learner, assessment)
    token = create_access_token(owner=people.learner, name="program", scopes=Scope.values).secret
    with server_processes(2) as (one, another), Connections() as connections:
        client, learner = connections.open(one, token), Learner(another, token, attempt)
        client.subscribe(operation("attempt_updated"), attemptId=attempt["id"])
        wait_until(lambda: _hears(client, learner), seconds=60)
        learner.complete()
        states = iter(lambda: client.event()["attemptUpdated"]["state"], "COMPLETED")

        assert set(states) <= {"IN_PROGRESS"}


def _hears(client: Connection, learner: Learner) -> bool:
    """Whether the client, whose subscription may not stand yet, is told of a mark that comes and goes."""
    learner.flag(True)
    learner.flag(False)
    with suppress(TimeoutError):
        return bool(client.event(seconds=0.5))
    return False
