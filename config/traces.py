"""Traces, sent to a collector by OpenTelemetry's SDK, and the span of each request.

Imported only where COURSES_TRACES names a collector; the SDK is in the dependency group `traces`.
"""

from django.conf import settings
from opentelemetry.context import attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.execution import tracing

PROBES = ("/livez", "/readyz", "/metrics")
"""Paths without spans: a probe a second would hide everything else."""

_SERVER_ERRORS = 500


class Traced:
    """ASGI application that makes one span of each request, the child of the one that its `traceparent` names."""

    def __init__(self, app: ASGIApp, exporter: SpanExporter | None = None) -> None:
        self._app = app
        self.provider = TracerProvider(resource=Resource.create({"service.name": settings.SITE_NAME}))
        exporter = exporter or OTLPSpanExporter(endpoint=settings.TRACES)
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        tracing.tracer = self._tracer = self.provider.get_tracer("courses")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            self.provider.shutdown()
        elif scope["path"] in PROBES:
            await self._app(scope, receive, send)
        else:
            await self._traced(scope, receive, send)

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, route = scope.get("method", "WEBSOCKET"), _route_of(scope["path"])
        token = attach(tracing.propagator.extract(Headers(scope=scope)))
        try:
            with self._tracer.start_as_current_span(
                f"{method} {route}",
                kind=SpanKind.SERVER,
                attributes={"http.request.method": method, "http.route": route},
                record_exception=False,
                set_status_on_exception=False,
            ) as span:

                async def send_and_note(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        span.set_attribute("http.response.status_code", message["status"])
                        if message["status"] >= _SERVER_ERRORS:
                            span.set_status(Status(StatusCode.ERROR))
                    await send(message)

                await self._app(scope, receive, send_and_note)
        finally:
            detach(token)


def _route_of(path: str) -> str:
    """Return the first part of a path: what follows may be the secret of a link in a mail."""
    return "/" + path.strip("/").partition("/")[0]
