"""Those who follow what happens: a receiver of webhooks on loopback, and a reader of the event feed."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from schema.core import ids
from tests.faults.stored import FeedEvent
from tests.faults.world import Person
from tests.operations import operation

PAUSE_SECONDS = 0.1
"""Time between two looks at the feed."""
REFUSED_EVERY = 50
"""Of the messages one in so many is answered with 503, which has it sent again."""

CREATE_ENDPOINT = """mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
    secret userErrors { code message } } }"""


class Receiver:
    """Receiver of webhooks: checks each signature, by the true clock, and keeps what was sent."""

    def __init__(self) -> None:
        self.received: list[FeedEvent] = []
        self.wrong: list[str] = []
        """Why a signature was not taken."""
        self._secret = ""
        self._messages = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver._receive(body, dict(self.headers.items())))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def register(self, client: httpx.Client, course: int) -> None:
        """Have starts and ends of attempts in a course sent here, in the name of the client's owner."""
        given = {
            "url": f"http://127.0.0.1:{self._server.server_port}/events",
            "courseId": ids.encode("Course", course),
            "types": ["ATTEMPT_STARTED", "ATTEMPT_COMPLETED"],
        }
        answered = client.post("/graphql/", json={"query": CREATE_ENDPOINT, "variables": {"input": given}})
        payload = answered.json()["data"]["createWebhookEndpoint"]
        assert payload["userErrors"] == []
        self._secret = payload["secret"]

    def _receive(self, body: bytes, headers: dict[str, str]) -> int:
        self._messages += 1
        if self._messages % REFUSED_EVERY == 0:
            return 503
        try:
            Webhook(self._secret).verify(body, {name.lower(): value for name, value in headers.items()})
        except WebhookVerificationError as error:
            self.wrong.append(str(error))
            return 400
        message = json.loads(body)
        told = message["data"]
        self.received.append(_event(told["id"], message["type"], told["subjectId"], told["revision"]))
        return 204


class FeedReader:
    """Reader of the feed from its end on, in the name of somebody who teaches; whatever fails is asked again."""

    def __init__(self, address: Callable[[], str], person: Person) -> None:
        self.read: list[FeedEvent] = []
        self._address, self._person = address, person
        self._cursor: str | None = None
        self._ending = threading.Event()
        while self._read_on():
            pass
        self.read.clear()
        self._thread = threading.Thread(target=self._follow)

    def __enter__(self) -> "FeedReader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ending.wait(PAUSE_SECONDS):
            try:
                self._read_on()
            except (httpx.TransportError, _NotNow):
                continue

    def _read_on(self) -> bool:
        """Read the next page; return whether there is more."""
        headers = {"Authorization": f"Bearer {self._person.token}"}
        body = {"query": operation("events"), "variables": {"after": self._cursor, "first": 100}}
        response = httpx.post(f"{self._address()}/graphql/", json=body, headers=headers, timeout=20)
        answered = response.json()
        if "errors" in answered:
            raise _NotNow(answered["errors"])
        page: dict[str, Any] = answered["data"]["events"]
        self.read += [
            _event(each["id"], each["type"].lower().replace("_", ".", 1), each["subjectId"], each["revision"])
            for each in page["events"]
            if each["type"].startswith("ATTEMPT_")
        ]
        self._cursor = page["endCursor"]
        return bool(page["hasMore"])


class _NotNow(Exception):  # noqa: N818 - what is asked again is no error
    """The feed was not answered."""


def _event(id: str, type: str, subject: str, revision: int | None) -> FeedEvent:
    return FeedEvent(int(ids.decode(id)[1]), type, int(ids.decode(subject)[1]), revision or 0)
