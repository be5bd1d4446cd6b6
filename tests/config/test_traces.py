"""Traces of a real server, as a collector gets them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from schema.core import ids
from tests.config.deployments import manage
from tests.operations import operation
from tests.serve_command import ServeCommand, directory

__all__ = ["directory"]

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WRITTEN = "a text that somebody wrote"


@contextmanager
def collector() -> Iterator[tuple[str, list[Any]]]:
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


@pytest.mark.slow
def test_a_request_is_a_span_of_its_callers_trace_and_its_steps_are_spans_beneath(directory: Path) -> None:
    with collector() as (address, spans):
        server = ServeCommand(directory, workers=1, COURSES_TRACES=address)
        try:
            token = server.make_token()
            headers = {"Authorization": f"Bearer {token}", "traceparent": f"00-{TRACE}-{PARENT}-01"}
            variables = {"input": {"lessonId": ids.encode("Lesson", 1), "content": WRITTEN}}
            body = {"query": operation("create_note"), "variables": variables}
            httpx.post(f"{server.address}/graphql/", json=body, headers=headers)
            httpx.get(f"{server.address}/accounts/password/reset/key/1-secret-of-a-link/", headers=headers)
        finally:
            server.process.terminate()
            server.process.wait(timeout=60)

    ours = [span for span in spans if span.trace_id.hex() == TRACE]
    roots = {span.name: span for span in ours if span.parent_span_id.hex() == PARENT}
    assert roots.keys() == {"POST /graphql", "GET /accounts"}
    beneath = {span.name for span in ours if span.parent_span_id == roots["POST /graphql"].span_id}
    assert beneath == {"read document", "identify", "execute", "send"}
    attributes = {each.key: each.value for each in roots["POST /graphql"].attributes}
    assert attributes["http.response.status_code"].int_value == 200
    assert attributes["operation"].string_value == "CreateNote"
    assert not [span for span in spans if "livez" in span.name or "readyz" in span.name]
    for secret in (token, WRITTEN, "secret-of-a-link"):
        assert secret not in "".join(map(str, spans))
    lines = [line for line in server.lines() if line["logger"] == "schema.requests"]
    assert [line["trace_id"] for line in lines] == [TRACE]


@pytest.mark.slow
def test_an_impossible_collector_is_named_before_anything_begins(tmp_path: Path) -> None:
    code, _, complaint = manage(tmp_path, "check", COURSES_TRACES="collector:4318")

    assert code != 0
    assert "COURSES_TRACES: 'collector:4318' is not an address such as" in complaint
