"""uvicorn's protocols with bounds that uvicorn lacks: on connections, on heads, and on unsent data.

The bounds are settings. An idle WebSocket and an event stream without events wait for nothing and have no timeout;
the body of a request has its timeout in config/asgi.py.
"""

import asyncio
import sys
from collections import Counter
from http import HTTPStatus
from itertools import chain
from typing import Any, ClassVar

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from config.transport import Backpressure, BoundedTransport

HANDLES_KEPT_FREE = 100
"""File handles reserved for the sessions of PostgreSQL, files, and refusals under way."""

REFUSED: Counter[HTTPStatus] = Counter()
"""Connections that this process has refused before there was a request, by the status that they got."""

REFUSALS_AT_ONCE = 50
LINGER_SECONDS = 2.0
FAREWELL_SECONDS = 1.5
"""Time for a client to read the rest and to close its WebSocket, when the process stops."""


def most_connections() -> int:
    """Return the limit on connections of this process: MAX_CONNECTIONS, or fewer where file handles are few."""
    if sys.platform == "win32":
        return int(settings.MAX_CONNECTIONS)
    import resource

    handles, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(settings.MAX_CONNECTIONS, handles - HANDLES_KEPT_FREE))


class HeadTooLarge(Exception):  # noqa: N818 - being refused is no error
    """Excess in number or size of a request's headers."""


class HttpProtocol(Backpressure, HttpToolsProtocol):  # type: ignore[misc]
    """HTTP connection. The head of a request must be complete HEADER_TIMEOUT_SECONDS after it can have begun; a client
    that is refused is told why before the connection ends.
    """

    refused: ClassVar[set["HttpProtocol"]] = set()
    """Connections with a refusal under way, of which nothing is read any more."""

    _head_timeout: asyncio.TimerHandle | None = None
    _is_in_head = False
    _has_large_head = False
    _has_left = False
    _unparsed = 0
    """Bytes received since the last complete head or piece of a body."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        bounded = BoundedTransport(transport)
        if len(self.connections) >= most_connections():
            self.transport = bounded
            self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The server has too many connections. Please try again in a moment.",
                b"retry-after: 1\r\n",
            )
            return
        super().connection_made(bounded)  # type: ignore[arg-type]
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        self.refused.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self in self.refused:
            return
        self._unparsed += len(data)
        super().data_received(data)
        if self._has_left or self.transport.is_closing() or self in self.refused:
            return
        if self._unparsed > settings.MAX_HEADER_BYTES + settings.MAX_BODY_BYTES:  # the latter for a long URL
            self._refuse_head()
        elif self._head_timeout is None and not self._is_replying():
            self._expect_head()

    def shutdown(self) -> None:
        self.transport.hurry(FAREWELL_SECONDS)
        _begin_to_stop(self.app_state)
        super().shutdown()

    # ---------------------------------------------------------------- parser callbacks

    def on_message_begin(self) -> None:
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._unparsed = 0
        self._stop_expecting()
        if len(self.headers) > settings.MAX_HEADERS or _size(self.headers) > settings.MAX_HEADER_BYTES:
            self._has_large_head = True
            raise HeadTooLarge
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        self._has_left = True
        self._stop_expecting()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse the input that the parser stopped at: uvicorn asks for 400 whatever the reason was."""
        if self._has_large_head:
            self._refuse_head()
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, msg)

    # ---------------------------------------------------------------- deadlines and refusals

    def _is_replying(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        """Start the timeout of the next head. Sending something else meanwhile does not extend it."""
        self._head_timeout = self.loop.call_later(settings.HEADER_TIMEOUT_SECONDS, self._miss_head)

    def _stop_expecting(self) -> None:
        if self._head_timeout is not None:
            self._head_timeout.cancel()
            self._head_timeout = None

    def _miss_head(self) -> None:
        self._head_timeout = None
        if self._is_in_head:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive.")
        else:
            self.transport.close()

    def _refuse_head(self) -> None:
        limits = f"{settings.MAX_HEADERS} headers and {settings.MAX_HEADER_BYTES} bytes of them"
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"A request may have {limits}.")

    def _refuse(self, status: HTTPStatus, sentence: str, *more_headers: bytes) -> None:
        """Send `status` and end the connection.

        It lingers: closed at once with bytes unread, the client would be sent a reset, which can overtake the reply.
        """
        self._stop_expecting()
        if self.transport.is_closing():
            return
        if self._is_replying():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.abort()
                return
        REFUSED[status] += 1
        self.transport.write(_reply(status, sentence, *more_headers))
        if len(self.refused) >= REFUSALS_AT_ONCE:
            self.transport.close()
            return
        self.refused.add(self)
        self.transport.write_eof()
        self.transport.resume_reading()
        self._head_timeout = self.loop.call_later(LINGER_SECONDS, self.transport.abort)


class WebSocketProtocol(Backpressure, WebSocketsSansIOProtocol):  # type: ignore[misc]
    """WebSocket connection. Messages are sent one after the other, each once there is room for it; when more than
    MAX_UNSENT_BYTES wait for that, the client is disconnected.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._turn = asyncio.Lock()
        self._unsent = 0
        self._handshake_timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._handshake_timeout = self.loop.call_later(settings.HEADER_TIMEOUT_SECONDS, self._miss_handshake)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._handshake_timeout is not None:
            self._handshake_timeout.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            said = b"".join(self.conn.data_to_send())
            self.transport.write(
                said or _reply(HTTPStatus.BAD_REQUEST, "This is no handshake of a WebSocket.")
            )
            self.transport.close()

    def shutdown(self) -> None:
        """Let the application close an open connection, after replying to the operations under way."""
        self.transport.hurry(FAREWELL_SECONDS)
        if self.handshake_complete and not self.close_sent and _begin_to_stop(self.app_state):
            self.close_timeout = FAREWELL_SECONDS
        else:
            super().shutdown()

    async def send(self, message: Any) -> None:
        size = len(message.get("text") or message.get("bytes") or "")
        if self._unsent and self._unsent + size > settings.MAX_UNSENT_BYTES:
            self.transport.abort()
        self._unsent += size
        try:
            async with self._turn:
                if self.transport.is_closing():
                    raise ClientDisconnected
                await super().send(message)
        finally:
            self._unsent -= size

    def _miss_handshake(self) -> None:
        if not self.handshake_complete:
            self.transport.abort()


def _begin_to_stop(app_state: dict[str, Any]) -> bool:
    """Notify the application, if it has asked for it, that its connections are to end; return whether it has."""
    begin_to_stop = app_state.get("begin_to_stop")
    if begin_to_stop is not None:
        begin_to_stop()
    return begin_to_stop is not None


def _size(headers: list[tuple[bytes, bytes]]) -> int:
    return sum(map(len, chain.from_iterable(headers)))


def _reply(status: HTTPStatus, sentence: str, *more_headers: bytes) -> bytes:
    return b"".join(
        [
            STATUS_LINE[status],
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\n" % len(sentence),
            b"connection: close\r\n",
            *more_headers,
            b"\r\n",
            sentence.encode("ascii"),
        ]
    )
