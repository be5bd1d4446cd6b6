"""A server of two workers under a small load: what Prometheus gets from it, and a collector of traces."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psutil
import pytest
from django.core.management import call_command
from django.db import connection
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from courses.constants import Scope
from courses.models import TrustedDocument
from courses.services.access_tokens import create_access_token
from schema.core import ids
from tests import factories
from tests.courses.services.webhook_receiver import answering, receiving
from tests.demo_server import free_port
from tests.schema.core.subscriptions.test_two_processes import database_url
from tests.schema.execution.conftest import wait_until
from tests.serve_command import ServeCommand

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

KNOWN = "query Catalogue { courses(first: 1) { totalCount } }"
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}
MAY_SCRAPE = {"Authorization": "Bearer of the operators"}

CLIENTS, ROUNDS = 4, 12
"""Clients that ask at the same time, and how often each asks everything."""

SERVER = 2
"""Kind of a span, by OpenTelemetry's protocol."""

PARENT = "b7ad6b7169203331"
WRITTEN = "a text that somebody wrote"
CREATE_ENDPOINT = """mutation($url: String!) { createWebhookEndpoint(input: { url: $url, types: [COURSE_CHANGED] }) {
  userErrors { message } } }"""
CHANGE = """mutation Change($id: ID!, $title: String!) {
  updateCourse(input: { courseId: $id, title: $title }) {
    course { title lessons { title } } userErrors { message } } }"""


@dataclass(frozen=True)
class Watched:
    """A server with metrics and traces, and somebody who may use it."""

    server: ServeCommand
    metrics: str
    spans: list[Any]
    """Spans that the collector of traces has got."""
    token: str
    course: str
    """Global id of a course that the owner of the token teaches."""

    def ask(self, query: str, trace: str | None = None, **variables: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        if trace:
            headers["traceparent"] = f"00-{trace}-{PARENT}-01"
        body = {"query": query, "variables": variables}
        return httpx.post(f"{self.server.address}/graphql/", json=body, headers=headers, timeout=30).json()

    def counted(self) -> str:
        return httpx.get(self.metrics, timeout=30).text

    def of_trace(self, trace: str) -> list[Any]:
        return [span for span in self.spans if span.trace_id.hex() == trace]


@pytest.fixture(scope="module")
def watched(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    """A server of the database of the tests, which is emptied after it."""
    address = f"127.0.0.1:{free_port()}"
    with django_db_blocker.unblock(), _collector() as (collector, spans):
        teacher = factories.make_user()
        course = factories.make_course(instructors=(teacher,))
        token = create_access_token(owner=teacher, name="monitoring", scopes=Scope.values).secret
        TrustedDocument.objects.create(document_id="1", digest="0" * 64, text=KNOWN)
        server = ServeCommand(
            tmp_path_factory.mktemp("server"),
            workers=2,
            DATABASE_URL=database_url(),
            COURSES_METRICS_ADDRESS=address,
            COURSES_METRICS_TOKEN="of the operators",
            COURSES_TRACES=collector,
            COURSES_WEBHOOKS_ALLOW_LOOPBACK="on",
            OTEL_BSP_SCHEDULE_DELAY="200",
        )
        try:
            found = Watched(
                server, f"http://{address}/metrics", spans, token, ids.encode("Course", course.pk)
            )
            wait_until(lambda: _know_the_trusted(found), seconds=60)
            yield found
        finally:
            server.process.terminate()
            server.process.wait(timeout=60)
            call_command("flush", interactive=False, verbosity=0)
            connection.close()


@contextmanager
def _collector() -> Iterator[tuple[str, list[Any]]]:
    """Address of a collector, and the spans that it has got."""
    spans: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = ExportTraceServiceRequest()
            request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", spans
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _know_the_trusted(watched: Watched) -> bool:
    """Ask the trusted document often enough that both workers answer, and tell if those know its name by now."""
    before = by_label(watched.counted(), "courses_requests_total", "operation").get("Catalogue", 0)
    for _ in range(20):
        watched.ask(KNOWN)
    return (
        by_label(watched.counted(), "courses_requests_total", "operation").get("Catalogue", 0) - before == 20
    )


# ---------------------------------------------------------------- metrics


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The values in Prometheus' text, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labelled(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def by_label(text: str, name: str, label: str) -> Mapping[str, float]:
    """The values of one metric, added up by one of its labels."""
    found: Counter[str] = Counter()
    for (each, labels), value in samples(text).items():
        if each == name:
            found[dict(labels)[label]] += value  # type: ignore[assignment]
    return found


def gained(before: str, after: str, name: str) -> dict[tuple[str, ...], float]:
    """What a metric has gained, by the values of its labels in their alphabetical order."""
    old = samples(before)
    found = {
        tuple(value for _, value in sorted(labels)): value - old.get((each, labels), 0)
        for (each, labels), value in samples(after).items()
        if each == name
    }
    return {labels: value for labels, value in found.items() if value}


def test_metrics_agree_with_what_the_clients_have_counted(watched: Watched) -> None:
    asked = {
        ("OK", "Catalogue", "http"): KNOWN,
        ("OK", "other", "http"): "query Name{number} {{ serverTime }}",
        ("GRAPHQL_VALIDATION_FAILED", "other", "http"): "query Wrong {{ nothing }}",
        ("LIMIT_EXCEEDED", "other", "http"): "{{ " + " ".join(f"a{n}: serverTime" for n in range(51)) + " }}",
    }
    answered: Counter[tuple[str, ...]] = Counter()
    before = watched.counted()
    under_way: list[float] = []

    def be_a_client(client: int) -> list[tuple[str, ...]]:
        own: list[tuple[str, ...]] = []
        with httpx.Client(base_url=watched.server.address, timeout=30) as http:
            for number in range(ROUNDS):
                for labels, query in asked.items():
                    text = query if query == KNOWN else query.format(number=1000 * client + number)
                    body = http.post("/graphql/", json={"query": text}).json()
                    code = body["errors"][0]["extensions"]["code"] if "errors" in body else "OK"
                    assert code == labels[0]
                    own.append(labels)
        return own

    with ThreadPoolExecutor(CLIENTS) as clients:
        told = [clients.submit(be_a_client, client) for client in range(CLIENTS)]
        while not all(each.done() for each in told):
            under_way.append(sum(gained(before, watched.counted(), "courses_requests_total").values()))
        for each in told:
            answered.update(each.result())
    after = watched.counted()

    assert answered == dict.fromkeys(asked, CLIENTS * ROUNDS)
    assert gained(before, after, "courses_requests_total") == answered
    assert under_way == sorted(under_way)
    assert gained(before, after, "courses_request_duration_seconds_count") == {
        ("Catalogue", "http"): CLIENTS * ROUNDS,
        ("other", "http"): 3 * CLIENTS * ROUNDS,
    }
    assert gained(before, after, "courses_refusals_total") == {("ALIASES",): CLIENTS * ROUNDS}
    assert gained(before, after, "courses_request_ways_total") == {
        ("compiled",): CLIENTS * ROUNDS,
        ("ordinary",): 3 * CLIENTS * ROUNDS,
    }
    catalogues = gained(before, after, "courses_statement_seconds_count")
    assert catalogues == {("catalog.courses_visible_to",): CLIENTS * ROUNDS}


def test_the_page_is_for_who_has_the_token_and_in_the_form_that_is_asked(watched: Watched) -> None:
    behind_token = f"{watched.server.address}/metrics"
    assert httpx.get(behind_token).status_code == 401
    assert httpx.get(behind_token, headers={"Authorization": "Bearer x"}).status_code == 401
    page = httpx.get(behind_token, headers=MAY_SCRAPE | OPENMETRICS)
    families = {family.name for family in openmetrics.text_string_to_metric_families(page.text)}
    assert families >= {"courses_requests", "courses_request_duration_seconds", "courses_sessions"}


def test_gauges_tell_what_is_there_and_what_waits(watched: Watched) -> None:
    text = watched.counted()
    assert by_label(text, "courses_backlog", "kind").keys() == {
        "stale_statistics",
        "overdue_attempts",
        "events",
        "webhook_deliveries",
        "exports",
    }
    assert by_label(text, "courses_sessions", "kind").keys() == {"database", "reading", "pages", "listening"}
    wait_until(lambda: samples(watched.counted())[labelled("courses_requests_executing")] == 0)


def test_connections_that_are_refused_are_counted(watched: Watched) -> None:
    before = watched.counted()
    response = httpx.get(watched.server.address, headers={"X-Long": "x" * 100_000})
    assert response.status_code == 431

    def counts() -> dict[tuple[str, ...], float]:
        return gained(before, watched.counted(), "courses_connections_refused_total")

    wait_until(lambda: bool(counts()))
    assert counts() == {("431",): 1}


# ---------------------------------------------------------------- traces


def test_a_request_is_a_span_of_its_callers_trace_and_its_steps_are_spans_beneath(watched: Watched) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    watched.ask(CHANGE, trace, id=watched.course, title=WRITTEN)
    headers = {"traceparent": f"00-{trace}-{PARENT}-01"}
    httpx.get(f"{watched.server.address}/accounts/password/reset/key/1-secret-of-a-link/", headers=headers)
    wait_until(lambda: len([span for span in watched.of_trace(trace) if span.kind == SERVER]) == 2)

    ours = watched.of_trace(trace)
    roots = {span.name: span for span in ours if span.parent_span_id.hex() == PARENT}
    assert roots.keys() == {"POST /graphql", "GET /accounts"}
    root = roots["POST /graphql"]
    beneath = {span.name: span for span in ours if span.parent_span_id == root.span_id}
    assert beneath.keys() == {"read document", "identify", "execute", "send"}
    attributes = {each.key: each.value for each in root.attributes}
    assert attributes["http.response.status_code"].int_value == 200
    assert attributes["graphql.operation.name"].string_value == "Change"
    assert not [span for span in watched.spans if "livez" in span.name or "readyz" in span.name]
    for secret in (watched.token, WRITTEN, "secret-of-a-link", watched.course):
        assert secret not in "".join(map(str, watched.spans))
    lines = [line for line in watched.server.lines() if line.get("trace_id") == trace]
    assert [line["operation"] for line in lines] == ["Change"]


def test_a_webhook_goes_on_with_the_trace_of_the_request_that_caused_it(watched: Watched) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with receiving(answering("204 No Content", body=b"")) as receiver:
        watched.ask(CREATE_ENDPOINT, url=receiver.url())
        watched.ask(CHANGE, trace, id=watched.course, title="Changed")
        wait_until(lambda: bool(receiver.requests))
    wait_until(lambda: "send webhook" in {span.name for span in watched.of_trace(trace)})

    spans = {span.name: span for span in watched.of_trace(trace)}
    sending = spans["send webhook"]
    assert f"traceparent: 00-{trace}-{sending.span_id.hex()}-01".encode() in receiver.requests[0]
    [cause] = [span for span in spans.values() if span.span_id == sending.parent_span_id]
    assert cause.name in ("execute", "mutation")  # the latter by the worker that knows the document already


# ---------------------------------------------------------------- at last


def test_what_a_worker_has_counted_stays_when_it_is_killed(watched: Watched) -> None:
    before = watched.counted()
    [killed, _] = [
        child
        for child in psutil.Process(watched.server.process.pid).children()
        if any("spawn_main" in part for part in child.cmdline())
    ]
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    sessions = samples(watched.counted())[labelled("courses_sessions", kind="database")]

    assert by_label(watched.counted(), "courses_requests_total", "operation") == by_label(
        before, "courses_requests_total", "operation"
    )
    assert sessions < samples(before)[labelled("courses_sessions", kind="database")]
