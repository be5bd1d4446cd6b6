"""Backpressure and a write timeout for the server's end of one TCP connection."""

import asyncio
import logging
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)


class BoundedTransport:
    """Transport that aborts a client which does not read.

    While more bytes wait than the high-water mark, nothing is read from the client either: it could only make more of
    them wait. When that lasts WRITE_TIMEOUT_SECONDS, the connection is aborted. Data unsent on close has the same time.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._timeout: asyncio.TimerHandle | None = None
        self._timeout_seconds: float = settings.WRITE_TIMEOUT_SECONDS
        self._may_write = True
        self._may_read = True
        self.write, self.is_closing = transport.write, transport.is_closing  # called for every request

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def pause_reading(self) -> None:
        self._may_read = False
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again, once the client reads too."""
        self._may_read = True
        if self._may_write:
            self._transport.resume_reading()

    def writing_paused(self) -> None:
        """Start the timeout: the client reads more slowly than it is written to."""
        self._may_write = False
        self._transport.pause_reading()
        self._start_timeout()

    def writing_resumed(self) -> None:
        self._may_write = True
        if not self._transport.is_closing():
            self._stop_timeout()
        if self._may_read:
            self._transport.resume_reading()

    def close(self) -> None:
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._start_timeout()

    def hurry(self, seconds: float) -> None:
        """Shorten the timeout from now on, also for a client that does not read at this moment."""
        self._timeout_seconds = seconds
        if self._timeout is not None:
            self._stop_timeout()
            self._start_timeout()

    def lost(self) -> None:
        self._stop_timeout()

    def _start_timeout(self) -> None:
        if self._timeout is None:
            self._timeout = self._loop.call_later(self._timeout_seconds, self._give_up)

    def _stop_timeout(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _give_up(self) -> None:
        logger.info("a client that does not read was disconnected")
        self._transport.abort()


class Backpressure(asyncio.Protocol):
    """Flow-control callbacks of a protocol, passed to its BoundedTransport. Precedes uvicorn's protocol in the MRO."""

    transport: BoundedTransport

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.writing_paused()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.transport.writing_resumed()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.transport.lost()
