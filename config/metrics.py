"""Metrics in the form of Prometheus and OpenMetrics, added up over all processes of this server.

Imported only where they are on (`COURSES_METRICS_ADDRESS`, `COURSES_METRICS_TOKEN`): first by the process that `serve`
is, which makes the directory that its workers write to, then by each of those. Labels are bounded: an operation has
the name of a trusted document, or `other`.
"""

import asyncio
import hmac
import math
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

DIRECTORY = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or tempfile.mkdtemp(prefix="courses-metrics-"))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(DIRECTORY)  # read by the library when it is imported

from django.conf import settings  # noqa: E402
from graphql import GraphQLError, OperationDefinitionNode, parse  # noqa: E402
from prometheus_client import (  # noqa: E402
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    Summary,
    start_http_server,
)
from prometheus_client.exposition import choose_encoder  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import PlainTextResponse, Response  # noqa: E402
from starlette.types import Receive, Scope, Send  # noqa: E402

from config.connections import REFUSED  # noqa: E402
from courses.selectors.backlogs import backlogs  # noqa: E402
from courses.services.documents import trusted_texts  # noqa: E402
from courses.utils.prepared import PREPARES  # noqa: E402
from schema.application import GraphQLApplication  # noqa: E402
from schema.execution import database_threads  # noqa: E402
from schema.network.request_log import RequestRecord  # noqa: E402

OTHER = "other"
"""Label of operations whose documents are not trusted."""

MOST_NAMES = 1_000
"""Number of operation names that are labels."""

SAMPLING_SECONDS = 1.0

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LIVE_FILE = re.compile(r"gauge_live[a-z]*_(\d+)\.db")

_requests = Counter(
    "courses_requests",
    "Requests answered, and operations over WebSocket, by the first error code or OK.",
    ["operation", "transport", "code"],
)
_seconds = Histogram(
    "courses_request_duration_seconds",
    "Time from the arrival of a request's head until its answer is known.",
    ["operation", "transport"],
    buckets=_BUCKETS,
)
_refusals = Counter("courses_refusals", "Requests refused or stopped by a limit, by the limit.", ["limit"])
_connections_refused = Counter(
    "courses_connections_refused", "Connections refused before there was a request, by status.", ["status"]
)
_statements = Counter(
    "courses_request_statements", "Statements sent to PostgreSQL for requests.", ["operation"]
)
_points = Counter("courses_request_cost_points", "Points that requests cost.", ["operation"])
_ways = Counter(
    "courses_request_ways",
    "Requests by how they were answered: compiled, or ordinary, by graphql-core.",
    ["way"],
)
_reads = Counter(
    "courses_reads",
    "Reads that replicas may be asked for, by who answered: a replica, or the primary and why.",
    ["answered_by"],
)
_prepares = Counter("courses_statements_prepared", "Statements prepared by sessions.")
_declared = Summary(
    "courses_statement_seconds",
    "Statements that read what the API declares, by the declaration or selector of their rows.",
    ["declaration"],
)
_executing = Gauge("courses_requests_executing", "Requests that execute.", multiprocess_mode="livesum")
_waiting = Gauge("courses_requests_waiting", "Requests that wait for a place.", multiprocess_mode="livesum")
_sessions = Gauge("courses_sessions", "Sessions with PostgreSQL.", ["kind"], multiprocess_mode="livesum")
_jobs = Gauge(
    "courses_database_jobs", "Jobs queued or running on database threads.", multiprocess_mode="livesum"
)
_subscriptions = Gauge("courses_subscriptions", "Open subscriptions.", multiprocess_mode="livesum")
_websockets = Gauge("courses_websockets", "Open WebSocket connections.", multiprocess_mode="livesum")
_replicas_used = Gauge(
    "courses_replica_used",
    "Number of processes that send reads to a replica.",
    ["replica"],
    multiprocess_mode="livesum",
)
_replica_lag = Gauge(
    "courses_replica_lag_seconds",
    "Seconds that a replica is behind, at most, as the process sees it that sees the most.",
    ["replica"],
    multiprocess_mode="livemax",
)
_backlog = Gauge(
    "courses_backlog", "Things that wait for background work.", ["kind"], multiprocess_mode="livemostrecent"
)
_backlog_age = Gauge(
    "courses_backlog_oldest_seconds",
    "Age of the oldest of the things that wait; 0 when none does.",
    ["kind"],
    multiprocess_mode="livemostrecent",
)


class _Processes(MultiProcessCollector):
    """Metrics of all processes. Gauges of one that has died are forgotten first; its counters stay."""

    def collect(self) -> Iterable[Metric]:
        for path in DIRECTORY.iterdir():
            if (found := _LIVE_FILE.fullmatch(path.name)) and not _is_alive(int(found[1])):
                with suppress(FileNotFoundError):  # another process has done so meanwhile
                    mark_process_dead(found[1])  # type: ignore[no-untyped-call]
        files = [str(path) for path in DIRECTORY.glob("*.db") if _has_begun(path)]
        return self.merge(files, accumulate=True)  # type: ignore[no-untyped-call,no-any-return]


class _Operations:
    """Names of operations that are labels: those of trusted documents."""

    def __init__(self) -> None:
        self._names: frozenset[str] = frozenset()

    def label(self, name: str | None) -> str:
        return name if name in self._names and name is not None else OTHER

    def refresh(self) -> None:
        self._names = frozenset(sorted(set(_names_in(trusted_texts(most=MOST_NAMES))))[:MOST_NAMES])


_LIMITS = {
    "RATE_LIMITED": "RATE",
    "OVERLOADED": "WAITING_REQUESTS",
    "TIMEOUT": "DEADLINE",
    "PAYLOAD_TOO_LARGE": "BODY",
    "REQUEST_TIMEOUT": "ARRIVAL",
}
"""Limits that have a code of their own; LIMIT_EXCEEDED is for all the others."""

_operations = _Operations()
_registry = CollectorRegistry()
_Processes(_registry)  # type: ignore[no-untyped-call]


def observe(record: RequestRecord, _status: int | None, seconds: float) -> None:
    """Count a request that was logged."""
    operation = _operations.label(record.operation)
    _requests.labels(operation, record.transport, record.codes[0] if record.codes else "OK").inc()
    _seconds.labels(operation, record.transport).observe(seconds)
    _statements.labels(operation).inc(record.statements)
    _points.labels(operation).inc(record.cost or 0)
    _ways.labels("compiled" if record.compiled else "ordinary").inc()
    for limit in (*record.limits, *(_LIMITS[code] for code in record.codes if code in _LIMITS)):
        _refusals.labels(limit).inc()
    if record.read_from:
        _reads.labels(record.read_from).inc()


def observe_statement(declaration: str, seconds: float) -> None:
    """Count a statement of a declaration."""
    _declared.labels(declaration).observe(seconds)


async def sample(graphql: GraphQLApplication) -> None:
    """Set the gauges of this process, again and again, until it is cancelled."""
    prepared, refused = 0, dict.fromkeys(HTTPStatus, 0)
    while True:
        _executing.set(graphql.admission.executing)
        _waiting.set(graphql.admission.waiting)
        _sessions.labels("database").set(_threads_named("database"))
        _sessions.labels("pages").set(_threads_named("django-"))
        _sessions.labels("reading").set(graphql.read_sessions.open)
        for replica in graphql.replicas.each:
            _sessions.labels(replica.name).set(replica.open)
            _replicas_used.labels(replica.name).set(replica.is_used)
            _replica_lag.labels(replica.name).set(math.inf if replica.lag is None else replica.lag)
        _sessions.labels("listening").set(graphql.listener.is_listening)
        _jobs.set(database_threads.jobs_under_way())
        _subscriptions.set(graphql.listener.subscribers)
        _websockets.set(len(graphql.handlers))
        _prepares.inc(PREPARES.total - prepared)
        prepared = PREPARES.total
        for status, number in [*REFUSED.items()]:
            _connections_refused.labels(str(int(status))).inc(number - refused[status])
            refused[status] = number
        await asyncio.sleep(SAMPLING_SECONDS)


def measure_backlogs() -> int:
    """Measure what waits in the database, and learn which documents are trusted: a chore. Returns 0: none is done."""
    for backlog in backlogs():
        _backlog.labels(backlog.kind).set(backlog.waiting)
        _backlog_age.labels(backlog.kind).set(backlog.oldest.total_seconds())
    _operations.refresh()
    return 0


def listen(host: str, port: int) -> None:
    """Answer every request to an address of its own with all metrics, by a thread. Raises OSError."""
    start_http_server(port, host, _registry)


class MetricsPage:
    """ASGI application of `/metrics` for whoever has the token."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._response(Request(scope, receive)))(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
            return PlainTextResponse(
                "Send the token of COURSES_METRICS_TOKEN.\n", 401, {"WWW-Authenticate": "Bearer"}
            )
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        body = await asyncio.to_thread(encode, _registry)
        return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


def _names_in(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        with suppress(GraphQLError):
            for definition in parse(text, no_location=True).definitions:
                if isinstance(definition, OperationDefinitionNode) and definition.name:
                    yield definition.name.value


def _threads_named(prefix: str) -> int:
    """Count threads that have begun, each of which keeps one session."""
    return sum(thread.name.startswith(prefix) for thread in threading.enumerate())


def _has_begun(path: Path) -> bool:
    """Tell if a file has its first page: a process that starts makes it empty, which the library cannot read."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
