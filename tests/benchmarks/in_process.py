"""Processor time of one request in process, of the application alone: no socket, no concurrency.

    uv run python -m tests.benchmarks.in_process
    uv run python -m tests.benchmarks.in_process --traces      also with traces, sent to a collector that drops them

The finest scale for a change that should make something faster: it tells the event loop's share from that of the
database threads, and what PostgreSQL takes beside. Prints milliseconds of processor time for each request, the
median of rounds.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median
from timeit import timeit
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

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
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.in_process", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--traces", action="store_true", help="compare traces on and off")
    parser.add_argument("--attempts", type=int, default=ATTEMPTS, help="how much data there is")
    options = parser.parse_args()
    deployment = prepare(Path(f".data/benchmarks/{options.attempts}").resolve(), options.attempts)
    os.environ.update(deployment.environment | {"COURSES_BACKGROUND_WORK": "off"})
    from config.asgi import application  # settings are read when it is imported

    if options.traces:
        with _collector() as address:
            asyncio.run(_measure_traces(application, deployment, address))
    else:
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


async def _measure_traces(application: Any, deployment: Deployment, address: str) -> None:
    """Compare rounds with and without traces, side by side, and tell what the spans cost that are not made.

    That is too little for such rounds, so it is the time of one times their number.
    """
    from config.traces import Traced
    from schema.execution import tracing

    traced = Traced(application, _Counting(endpoint=address))
    tracer = tracing.tracer
    runs = 200_000
    tracing.tracer = None
    once = timeit("with span('identify'): pass", globals={"span": tracing.span}, number=runs) / runs * 1e6
    for workload in WORKLOADS:
        if workload.requests is not None:
            off, on = [], []
            for _ in range(3):
                tracing.tracer = None
                off.append((await _measured(application, workload, deployment))[0])
                tracing.tracer = tracer
                on.append((await _measured(traced, workload, deployment))[0])
            await asyncio.to_thread(traced.provider.force_flush)
            number = _Counting.spans / (3 * (ROUNDS + 1) * REQUESTS)
            _Counting.spans = 0
            print(
                f"{workload.key} {workload.title}: {median(off):.2f} ms without traces, {median(on):.2f} with; "
                f"{number:.1f} spans, which take {number * once:.1f} us where they are off ({once:.2f} us each)",
                flush=True,
            )


class _Counting(OTLPSpanExporter):
    """Exporter that counts the spans that it sends."""

    spans = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        _Counting.spans += len(spans)
        return super().export(spans)


_COLLECTOR = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def _collector() -> Iterator[str]:
    """Address of a collector in a process of its own, which drops what it gets."""
    with subprocess.Popen([sys.executable, "-c", _COLLECTOR], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1/traces"
        finally:
            process.terminate()


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
