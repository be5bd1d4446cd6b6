"""Spans of a trace (OpenTelemetry): what a request did, and for how long.

Without a tracer a span costs a comparison. No span holds a variable, a text, a token or the message of an error.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from typing import Any, TypeAlias

from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Attribute: TypeAlias = str | int | Sequence[str]

tracer: Tracer | None = None
"""Tracer of this process; None where no exporter is set."""

propagator = TraceContextTextMapPropagator()

NO_SPAN: AbstractContextManager[Any] = nullcontext()


def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, within: Context | None = None, **attributes: Attribute
) -> AbstractContextManager[Any]:
    """Return a span around a block, inside the current one or the one of `within`."""
    if tracer is None:
        return NO_SPAN
    return tracer.start_as_current_span(
        name, within, kind, attributes, record_exception=False, set_status_on_exception=False
    )


StatementObserver: TypeAlias = Callable[[str, float], None]
"""Function of a declaration's name, and the seconds that its statement took."""

statement_observers: list[StatementObserver] = []
"""Observers of every statement of a declaration, and of a query that is one statement."""


def statement(names: Callable[[], Sequence[str]], verb: str = "load") -> AbstractContextManager[Any]:
    """Return a span around one statement, by the first of `names`: the declaration or selector of its rows.

    The others are of what the same statement reads beneath. They are asked for where somebody wants to know.
    """
    return NO_SPAN if tracer is None and not statement_observers else _statement(verb, *names())


@contextmanager
def _statement(verb: str, name: str, *beneath: str) -> Iterator[None]:
    started = perf_counter()
    try:
        with span(f"{verb} {name}", beneath=beneath) if beneath else span(f"{verb} {name}"):
            yield
    finally:
        for observe in statement_observers:
            observe(name, perf_counter() - started)


@contextmanager
def sending(name: str, message_id: str, *, cause: str) -> Iterator[dict[str, str]]:
    """Make a span of the sending of a message, and yield the headers by which its receiver goes on with the trace.

    `cause` is the `traceparent` of what has caused the message, also long ago: the span is its child. Without one it
    begins a trace.
    """
    headers: dict[str, str] = {}
    attributes = {"messaging.operation.type": "send", "messaging.message.id": message_id}
    within = propagator.extract({"traceparent": cause}, Context())
    with span(name, SpanKind.PRODUCER, within, **attributes):
        if tracer is not None:
            propagator.inject(headers)
        yield headers


def note(**attributes: Attribute) -> None:
    """Add attributes to the current span."""
    if tracer is not None:
        get_current_span().set_attributes(attributes)


def note_answer(status: int | None, *, is_success: bool) -> None:
    """Add the HTTP status that was answered, if there is one, to the current span, and whether that is a failure."""
    if status is not None:
        note(**{"http.response.status_code": status})
    if tracer is not None and not is_success:
        get_current_span().set_status(Status(StatusCode.ERROR))


def trace_id() -> str | None:
    """Return the id of the current trace in hexadecimal, or None outside of one."""
    if tracer is None:
        return None
    context = get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None
