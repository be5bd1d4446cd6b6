"""Request log: one record for every request, with its principal, operation, cost and outcome.

Variables and query texts are never logged. The deployment decides about the format: a line of JSON.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from schema.execution.tracing import note, trace_id

logger = logging.getLogger("schema.requests")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass
class RequestRecord:
    """Record of a request, filled in on its way, logged once when the response is known."""

    request_id: str
    transport: str
    operation: str | None = None
    principal: str = "anonymous"
    cost: int | None = None
    statements: int = 0
    codes: list[str] = field(default_factory=list)
    compiled: bool = False
    """True where the short way has answered, by compiled statements."""
    replayed: bool = False
    """True where a mutation was not carried out again, because its idempotency key was known."""
    started: float = field(default_factory=time.perf_counter)

    def log(self, status: int | None) -> None:
        """Write the record. `status` is that of HTTP, or None for an operation over WebSocket."""
        facts = dict(vars(self))
        seconds = time.perf_counter() - facts.pop("started")
        facts |= {"status": status, "milliseconds": round(seconds * 1000, 1)}
        if trace := trace_id():
            facts["trace_id"] = trace
            named = {"graphql.operation.name": self.operation} if self.operation else {}
            note(**named, statements=self.statements, codes=" ".join(self.codes))
        logger.info("request", extra={"facts": facts})
        for observe in observers:
            observe(self, status, seconds)


Observer: TypeAlias = Callable[[RequestRecord, int | None, float], None]
"""Function of a record, its status, and the seconds that the request took."""

observers: list[Observer] = []
"""Observers of every request that is logged."""


def request_id(header: str | None) -> str:
    """Return a proxy's request id if it is valid, or else a new one."""
    return header if header and _REQUEST_ID.fullmatch(header) else secrets.token_hex(16)
