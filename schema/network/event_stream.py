"""Response to a subscription over HTTP: server-sent events."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class EventStream(StreamingResponse):
    """Streaming response of `events`, the serialised results of `subscription`, that closes both however it ends.

    Left to the garbage collector, a disconnected client's subscription would count until it is collected.
    """

    def __init__(
        self,
        subscription: AsyncGenerator[Any, None],
        events: AsyncGenerator[str, None],
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(events, headers=headers)
        self._subscription = subscription
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._subscription), aclosing(self._events):
            await super().__call__(scope, receive, send)
