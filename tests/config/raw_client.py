"""HTTP client at the level of bytes, as slow and incomplete as a test needs."""

import json
import socket
import struct
from collections.abc import Iterable
from typing import Any, Self

UPGRADE = (
    b"GET /graphql/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
"""A handshake but for its end, so that more headers can follow."""

HANDSHAKE = UPGRADE + b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"

SOCKET_TIMEOUT_SECONDS = 30
"""For the tests' own sake: nothing takes that long unless it never ends."""

BETWEEN_BYTES_SECONDS = 0.02


class RawClient:
    """One connection to the server at `address`. `receive_buffer` makes it take little before it reads."""

    def __init__(self, address: str, *, receive_buffer: int | None = None) -> None:
        host, port = address.removeprefix("http://").split(":")
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(SOCKET_TIMEOUT_SECONDS)
        self.socket.connect((host, int(port)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> bytes:
        """One answer with a Content-Length, of which only the head and the whole body are read."""
        head, _, body = self._receive_up_to(b"\r\n\r\n").partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._receive()
        return head + b"\r\n\r\n" + body

    def all_until_closed(self) -> bytes:
        """What comes until the server has closed the connection."""
        received = b""
        try:
            while piece := self.socket.recv(65_536):
                received += piece
        except ConnectionError:
            pass
        return received

    def drip_until_closed(self, drop: bytes) -> bytes:
        """Send `drop` again and again; what comes until the server has closed the connection."""
        received = b""
        self.socket.settimeout(BETWEEN_BYTES_SECONDS)
        for _ in range(int(SOCKET_TIMEOUT_SECONDS / BETWEEN_BYTES_SECONDS)):
            try:
                self.socket.sendall(drop)
                piece = self.socket.recv(65_536)
            except TimeoutError:
                continue
            except ConnectionError:
                return received
            if not piece:
                return received
            received += piece
        raise AssertionError(f"The connection is still open; this has come: {received!r}")

    def _receive_up_to(self, end: bytes) -> bytes:
        """What comes until `end` has come, and perhaps some more."""
        received = b""
        while end not in received:
            received += self._receive()
        return received

    def _receive(self) -> bytes:
        piece = self.socket.recv(65_536)
        assert piece, "The connection was closed."
        return piece


class RawWebSocket(RawClient):
    """A connection that was upgraded and acknowledged, of which nothing more is read by itself."""

    def __init__(self, address: str, *, receive_buffer: int | None = None) -> None:
        super().__init__(address, receive_buffer=receive_buffer)
        self.send(HANDSHAKE)
        self._receive_up_to(b"\r\n\r\n")
        self.send_messages([{"type": "connection_init"}])
        self._receive_up_to(b"connection_ack")

    def send_messages(self, messages: Iterable[Any]) -> None:
        """Send each message as text in a frame that is masked with zeros, and all of them at once."""
        texts = [json.dumps(message).encode() for message in messages]
        self.send(b"".join(struct.pack("!BBQI", 0x81, 0x80 | 127, len(text), 0) + text for text in texts))


def status_of(answer: bytes) -> int:
    """The status of an answer as it came over the network."""
    return int(answer.split(b" ", 2)[1])
