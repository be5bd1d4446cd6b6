"""Receivers of webhooks on loopback, well-behaved and not."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

STEPS = 200
"""Steps after which a slow receiver ends, ten seconds later, so that a sender who waits for it fails a test."""


@dataclass
class Receiver:
    """Server that answers each connection as `behave` does, once the request was read if it `reads` it."""

    behave: Callable[["Receiver", socket.socket], None]
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    reads: bool = True
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    stopped: Event = field(default_factory=Event)
    port: int = 0

    def url(self, host: str = "", scheme: str = "http", path: str = "/events") -> str:
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    def drip(self, connection: socket.socket, beginning: bytes) -> None:
        """Send a byte at a time, each soon enough for a timeout that begins anew with every byte."""
        for byte in beginning:
            connection.sendall(bytes([byte]))
        for _ in range(STEPS):
            if self.stopped.wait(timeout=0.05):
                return
            connection.sendall(b"x")

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            if self.reads:
                self.requests.append(_request(connection))
            self.behave(self, connection)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            connection.close()


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def receiving(
    behave: Callable[[Receiver, socket.socket], None],
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    reads: bool = True,
) -> Iterator[Receiver]:
    """Run a receiver at a free port of `host` until the block ends."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    receiver = Receiver(behave, host=host, tls=tls, reads=reads)
    with socket.create_server((host, 0), family=family) as listening:
        receiver.port = listening.getsockname()[1]
        thread = Thread(target=receiver.serve, args=[listening], daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.stopped.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


def answering(status: str, *headers: str, body: bytes = b"ok") -> Callable[[Receiver, socket.socket], None]:
    """Answer every request alike."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])

    def behave(receiver: Receiver, connection: socket.socket) -> None:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)

    return behave


def saying(data: bytes) -> Callable[[Receiver, socket.socket], None]:
    """Send these bytes and close."""

    def behave(receiver: Receiver, connection: socket.socket) -> None:
        connection.sendall(data)

    return behave


def dripping(beginning: bytes) -> Callable[[Receiver, socket.socket], None]:
    """Begin, and then go on byte by byte."""

    def behave(receiver: Receiver, connection: socket.socket) -> None:
        receiver.drip(connection, beginning)

    return behave


def repeating(beginning: bytes, data: bytes) -> Callable[[Receiver, socket.socket], None]:
    """Begin, and then say the same as fast as it is taken, without an end."""

    def behave(receiver: Receiver, connection: socket.socket) -> None:
        connection.sendall(beginning)
        while not receiver.stopped.is_set():
            connection.sendall(data)

    return behave


def hanging(receiver: Receiver, connection: socket.socket) -> None:
    """Keep the connection and say nothing."""
    receiver.stopped.wait(timeout=STEPS * 0.05)


def sipping(receiver: Receiver, connection: socket.socket) -> None:
    """Read a little at a time of what is being sent, and say nothing."""
    for _ in range(STEPS):
        if receiver.stopped.wait(timeout=0.05):
            return
        connection.recv(262_144)
