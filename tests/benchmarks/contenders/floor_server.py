"""Bare ASGI application: the path names a statement, the body its parameters, and the response is its one value.

Started with `python -m tests.benchmarks.contenders.floor_server <port> <database url> <processes>`.
"""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import psycopg2
import uvicorn

from tests.benchmarks.contenders.floor_statements import STATEMENTS

THREADS = 4
_session = threading.local()
_threads = ThreadPoolExecutor(THREADS)
_HEADERS = [(b"content-type", b"application/json")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request."""
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    statement = STATEMENTS[scope["path"][1:]]
    answer = await asyncio.get_running_loop().run_in_executor(_threads, _value, statement, orjson.loads(body))
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": answer.encode()})


def _value(statement: str, parameters: dict[str, Any]) -> str:
    with _connection().cursor() as cursor:
        cursor.execute(statement, parameters)
        value: str = cursor.fetchone()[0]
    return value


def _connection() -> Any:
    connection = getattr(_session, "connection", None)
    if connection is None:
        connection = _session.connection = psycopg2.connect(sys.argv[2])
        connection.autocommit = True
    return connection


if __name__ == "__main__":
    uvicorn.run(
        "tests.benchmarks.contenders.floor_server:application",
        port=int(sys.argv[1]),
        workers=int(sys.argv[3]),
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
