"""Spans of a trace (OpenTelemetry): what a request did, and for how long.

Without a tracer a span costs a comparison. No span holds a variable, a text, a token or the message of an error.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from opentelemetry.trace import Tracer, get_current_span

tracer: Tracer | None = None
"""Tracer of this process; None where no exporter is set."""

NO_SPAN: AbstractContextManager[Any] = nullcontext()


def span(name: str, **attributes: str | int) -> AbstractContextManager[Any]:
    """Return a span around a block, inside the current one."""
    if tracer is None:
        return NO_SPAN
    return tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    )


def note(**attributes: str | int) -> None:
    """Add attributes to the current span."""
    if tracer is not None:
        get_current_span().set_attributes(attributes)


def trace_id() -> str | None:
    """Return the id of the current trace in hexadecimal, or None outside of one."""
    if tracer is None:
        return None
    context = get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None
