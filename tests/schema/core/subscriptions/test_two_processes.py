"""A subscriber of one process hears of what another process has written, and ends with what it has revoked."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from django.conf import settings
from django.db import connection

from courses.constants import Scope
from courses.models import Assessment, User
from courses.services.access_tokens import create_access_token
from schema.core import ids
from tests.config.oauth import SECRET, client_credentials, make_partner
from tests.operations import operation
from tests.people import People
from tests.schema.execution.conftest import wait_until
from tests.subscribing import Connection, Connections, event_stream
from tests.taking import Api, start


def database_url() -> str:
    """The database of the tests, for another process."""
    parameters = connection.get_connection_params()
    where = {name: parameters[name] for name in ("host", "port") if parameters.get(name)}
    person = f"{parameters['user']}:{parameters.get('password') or ''}"
    return f"postgresql://{person}@/{parameters['dbname']}?{urlencode(where)}"


@pytest.fixture(scope="module")
def running(django_db_setup: None) -> Iterator[list[str]]:
    """Two processes that serve the database of the tests, at the addresses given."""
    ports = [free_port() for _ in range(2)]
    environment = (
        os.environ
        | {
            "DATABASE_URL": database_url(),
            "COURSES_BACKGROUND_WORK": "off",
            "COURSES_SUBSCRIPTION_CHECK_SECONDS": "600",  # longer than any test: only what is told ends a subscription
        }
    )
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


@pytest.fixture
def processes(running: list[str], transactional_db: None) -> list[str]:
    return running


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


@dataclass(frozen=True)
class Credential:
    """A token, and how it is revoked at the address of a process."""

    secret: str
    revoke: Callable[[str], httpx.Response]


def personal_token(person: User) -> Credential:
    made = create_access_token(owner=person, name="ends", scopes=Scope.values)
    keeper = create_access_token(owner=person, name="stays", scopes=Scope.values).secret
    variables = {"input": {"accessTokenId": ids.encode("AccessToken", made.token.pk)}}
    body = {"query": operation("revoke_access_token"), "variables": variables}
    headers = {"Authorization": f"Bearer {keeper}"}
    return Credential(
        made.secret, lambda address: httpx.post(f"{address}/graphql/", json=body, headers=headers)
    )


def partners_token(person: User) -> Credential:
    make_partner(owner=person, scopes=("courses:read", "attempts:read"))
    secret = client_credentials("courses:read attempts:read")
    form = {"client_id": "partner", "client_secret": SECRET, "token": secret}
    return Credential(secret, lambda address: httpx.post(f"{address}/identity/o/api/revoke", data=form))


def test_a_change_in_one_process_reaches_a_subscriber_of_another(
    processes: list[str], api: Api, people: People, assessment: Assessment
) -> None:
    one, another = processes
    attempt = start(api, people.learner, assessment)
    token = create_access_token(owner=people.learner, name="program", scopes=Scope.values).secret
    with Connections() as connections:
        client, learner = connections.open(one, token), Learner(another, token, attempt)
        client.subscribe(operation("attempt_updated"), attemptId=attempt["id"])
        wait_until(lambda: _hears(client, learner), seconds=60)
        learner.complete()
        states = iter(lambda: client.event()["attemptUpdated"]["state"], "COMPLETED")

        assert set(states) <= {"IN_PROGRESS"}


@pytest.mark.parametrize("make", [personal_token, partners_token])
def test_what_is_revoked_in_one_process_ends_in_another(
    processes: list[str],
    api: Api,
    people: People,
    assessment: Assessment,
    make: Callable[[User], Credential],
) -> None:
    one, another = processes
    attempt = start(api, people.learner, assessment)
    learner = Learner(another, personal_token(people.learner).secret, attempt)
    ending = make(people.learner)
    watched = {"query": operation("attempt_updated"), "attemptId": attempt["id"]}
    with Connections() as connections, event_stream(one, ending.secret, **watched) as events:
        client = connections.open(one, ending.secret)
        client.subscribe(**watched)
        wait_until(lambda: _hears(client, learner), seconds=60)
        assert next(events)[0] == "next"

        assert ending.revoke(another).status_code == 200

        told, closed = client.farewell()
        assert (set(told) - {"next"}, closed) == (set(), 4403)
        *_, last, end = events
        assert last[1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert end == ("complete", None)


def _hears(client: Connection, learner: Learner) -> bool:
    """Whether the client, whose subscription may not stand yet, is told of a mark that comes and goes."""
    learner.flag(True)
    learner.flag(False)
    with suppress(TimeoutError):
        return bool(client.event(seconds=0.5))
    return False
