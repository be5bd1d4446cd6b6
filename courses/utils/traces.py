"""Trace of a change (W3C Trace Context), kept beside it so that what follows from it later is part of that trace."""

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

LONGEST_TRACEPARENT = 55
"""Characters of a `traceparent` of version 00."""

_propagator = TraceContextTextMapPropagator()


def traceparent() -> str:
    """Return the `traceparent` of the current span; nothing outside of one, as where no traces are sent."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent", "")
