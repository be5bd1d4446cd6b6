"""Processor time of one request in process, of the application alone: no socket, no concurrency.

    uv run python -m tests.benchmarks.in_process

The finest scale for a change that should make something faster: it tells the event loop's share from that of the
database threads, and what PostgreSQL takes beside. Prints milliseconds of processor time for each request, the
median of rounds.
"""

import asyncio
import os
import time
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import subjects
from tests.benchmarks.contenders.base import Request
from tests.benchmarks.contenders.ours import Ours
from tests.benchmarks.deployment import Deployment, postmaster, prepare
from tests.benchmarks.processes import cpu_seconds
from tests.benchmarks.workloads import WORKLOADS, Workload

ATTEMPTS = 10_000
ROUNDS = 7
REQUESTS = 50


def main() -> None:
    """Measure the workloads that are single requests."""
    deployment = prepare(Path(f".data/benchmarks/{ATTEMPTS}").resolve(), ATTEMPTS)
    os.environ.update(deployment.environment | {"COURSES_BACKGROUND_WORK": "off"})
    from config.asgi import application  # settings are read when it is imported

    asyncio.run(_measure(application, deployment))


async def _measure(application: Any, deployment: Deployment) -> None:
    for workload in WORKLOADS:
        if workload.requests is not None:
            whole, loop, database = await _measured(application, workload, deployment)
            print(
                f"{workload.key} {workload.title}: {whole:.2f} ms, of which the event loop {loop:.2f}; "
                f"PostgreSQL {database:.2f}",
                flush=True,
            )


async def _measured(application: Any, workload: Workload, deployment: Deployment) -> list[float]:
    postgresql = postmaster(deployment)
    chosen = subjects.choose(deployment)
    rounds = []
    for _ in range(ROUNDS + 1):
        assert workload.requests is not None
        requests = cycle(workload.requests(Ours(), deployment, chosen))
        before = time.process_time(), time.thread_time(), cpu_seconds(postgresql)
        for _ in range(REQUESTS):
            await ask(application, next(requests))
        after = time.process_time(), time.thread_time(), cpu_seconds(postgresql)
        rounds.append([(end - start) / REQUESTS * 1000 for start, end in zip(before, after, strict=True)])
    return [median(values) for values in zip(*rounds[1:], strict=True)]


async def ask(application: Any, request: Request) -> None:
    """Send a request as a server would. Raises RuntimeError when it is not answered well."""
    body = request.encoded().encode()
    headers = [
        (b"host", b"127.0.0.1"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if request.token:
        headers.append((b"authorization", f"Bearer {request.token}".encode()))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": request.path, "raw_path": request.path.encode(), "query_string": b"", "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    received = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Any] = []

    async def receive() -> Any:
        if (message := next(received, None)) is not None:
            return message
        return await asyncio.Future()  # the client stays

    async def send(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, send)
    answer = b"".join(message.get("body", b"") for message in sent)
    if sent[0]["status"] != 200 or b'"errors"' in answer:
        raise RuntimeError(f"{sent[0]['status']}: {answer[:500]!r}")


if __name__ == "__main__":
    main()
