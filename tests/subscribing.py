"""Subscription clients: over WebSocket (graphql-transport-ws), and to server-sent events."""

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = "graphql-transport-ws"
PATIENCE_SECONDS = 20


class Connection:
    """One WebSocket connection, acknowledged by the server."""

    def __init__(self, socket: ClientConnection, token: str | None) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        credentials = {"authorization": f"Bearer {token}"} if token else {}
        self._send({"type": "connection_init", "payload": credentials})
        assert self.message()["type"] == "connection_ack"

    def subscribe(self, query: str, **variables: Any) -> str:
        """Subscribe, and give the id of the operation."""
        operation = str(next(self._ids))
        payload = {"query": query, "variables": variables}
        self._send({"id": operation, "type": "subscribe", "payload": payload})
        return operation

    def end(self, operation: str) -> None:
        self._send({"id": operation, "type": "complete"})

    def message(self, *, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The next message. Raises TimeoutError when none comes."""
        return json.loads(self._socket.recv(timeout=seconds))

    def event(self, *, seconds: float = PATIENCE_SECONDS) -> Any:
        """The data of the next event."""
        message = self.message(seconds=seconds)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    def refused(self) -> str:
        """The code with which a subscription is refused before its first event."""
        message = self.message()
        assert message["type"] == "error", message
        [error] = message["payload"]
        return error["extensions"]["code"]

    def closed(self) -> int:
        """The code with which the server closes the connection, saying nothing more."""
        with pytest.raises(ConnectionClosed) as closed:
            self.message()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code

    def farewell(self) -> tuple[list[str], int]:
        """The types of the messages that still come, and the code with which the server closes the connection."""
        types: list[str] = []
        while True:
            try:
                types.append(self.message()["type"])
            except ConnectionClosed as closed:
                return types, closed.rcvd.code if closed.rcvd else 0

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.send(json.dumps(message))


class Connections(ExitStack):
    """The connections of a test, closed with it."""

    def open(self, address: str, token: str | None = None, **headers: str) -> Connection:
        url = address.replace("http", "ws", 1) + "/graphql/"
        socket = self.enter_context(
            connect(url, subprotocols=[Subprotocol(PROTOCOL)], additional_headers=headers)
        )
        return Connection(socket, token)


@contextmanager
def event_stream(
    address: str, token: str | None, query: str, *, cookie: str | None = None, **variables: Any
) -> Iterator[Iterator[tuple[str, Any]]]:
    """The events of a subscription as server-sent events: `("next", result)`, at last `("complete", None)`."""
    body = {"query": query, "variables": variables}
    headers = {"Accept": "text/event-stream"} | ({"Authorization": f"Bearer {token}"} if token else {})
    if cookie:
        headers |= {"Cookie": cookie, "GraphQL-Preflight": "1"}
    url, timeout = f"{address}/graphql/", PATIENCE_SECONDS
    with httpx.stream("POST", url, json=body, headers=headers, timeout=timeout) as answer:
        assert answer.status_code == 200
        yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    for line in lines:
        if line.startswith("event: "):
            data = next(lines).removeprefix("data: ").strip()
            yield line.removeprefix("event: "), json.loads(data) if data else None
