"""Thread pool of Django's own pages: a fixed number of threads, each with one PostgreSQL session that it keeps.

Left to itself, Django's ASGI handler makes a thread and a session for every request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from starlette.types import Message, Receive, Scope, Send

from schema.execution.admission import Admission, Overloaded


class DjangoThreads:
    """ASGI application that runs `django` on `threads` executors of one thread each.

    Requests and responses are buffered: an executor is taken once the body has arrived, and released before the
    response is sent, so a client that is slow in either direction holds none.
    """

    def __init__(self, django: ASGIHandler, *, threads: int, waiting: int) -> None:
        self._django = django
        self._admission = Admission(executing=threads, waiting=waiting)
        self._executors = [
            ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"django-{number}")
            for number in range(threads)
        ]
        self._free = list(self._executors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _whole_body(receive)
        except TimeoutError:
            await _send_text(send, 408, "The request took too long to arrive.")
            return
        if body is None:
            return
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            await _send_text(send, 413, "The request is too large.")
            return
        response: list[Message] = []
        try:
            async with self._admission.place():
                await self._run(scope, _replay(body, receive), response)
        except Overloaded:
            await _send_text(send, 503, "The server is busy. Please try again in a moment.", retry_after=1)
            return
        for message in response:
            await send(message)

    async def shut_down(self) -> None:
        """Close the sessions and end the threads, once no request is under way."""
        for executor in self._executors:
            executor.submit(connections.close_all)
        for executor in self._executors:
            await asyncio.to_thread(executor.shutdown)

    async def _run(self, scope: Scope, receive: Receive, response: list[Message]) -> None:
        executor = self._free.pop()
        try:
            async with ThreadSensitiveContext(executor=executor):
                await self._django(dict(scope), receive, _collector(response))
        finally:
            self._free.append(executor)


async def _whole_body(receive: Receive) -> bytes | None:
    """Buffer the body, cut one byte after the largest that Django accepts; None when the client has disconnected.

    Raises TimeoutError when it arrives too late.
    """
    body = bytearray()
    while len(body) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def _collector(response: list[Message]) -> Callable[[Mapping[str, Any]], Awaitable[None]]:
    async def send(message: Mapping[str, Any]) -> None:
        response.append(dict(message))

    return send


async def _send_text(send: Send, status: int, text: str, *, retry_after: int | None = None) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
