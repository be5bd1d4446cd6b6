"""Request log: one record for every request, with its principal, operation, cost and outcome.

Variables and query texts are never logged. The deployment decides about the format: a line of JSON.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from schema.execution.request_work import RequestWork
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
    limits: list[str] = field(default_factory=list)
    """Limits of a request's size that were exceeded, among what the codes say."""
    compiled: bool = False
    """True where the short way has answered, by compiled statements."""
    replayed: bool = False
    """True where a mutation was not carried out again, because its idempotency key was known."""
    read_from: str | None = None
    """Answerer of what a replica might have: a replica's name, or `primary`; None where that is no question."""
    started: float = field(default_factory=time.perf_counter)
    streams_since: float | None = None
    """Time at which a subscription was answered by its stream, which may go on for hours."""

    def note_errors(self, errors: Iterable[Mapping[str, Any]]) -> None:
        """Add the codes and limits of errors by their extensions, each once."""
        for extensions in errors:
            for names, found in (
                (self.codes, extensions.get("code")),
                (self.limits, extensions.get("limit")),
            ):
                if found is not None and found not in names:
                    names.append(str(found))

    def stream(self) -> None:
        """Note that a stream begins."""
        self.streams_since = time.perf_counter()

    def note(self, work: RequestWork) -> None:
        """Take over what is known of the request's database work."""
        self.statements, self.read_from = work.statements, work.read_from
        self.replayed = self.replayed or work.is_replayed

    def log(self, status: int | None) -> None:
        """Write the record. `status` is that of HTTP, or None for an operation over WebSocket."""
        facts = dict(vars(self))
        started, answered = facts.pop("started"), facts.pop("streams_since")
        ended = time.perf_counter()
        facts |= {"status": status, "milliseconds": round((ended - started) * 1000, 1)}
        if self.read_from is None:
            del facts["read_from"]
        if trace := trace_id():
            facts["trace_id"] = trace
            named = {"graphql.operation.name": self.operation} if self.operation else {}
            note(**named, statements=self.statements, codes=" ".join(self.codes))
        logger.info("request", extra={"facts": facts})
        for observe in observers:
            observe(self, status, (answered or ended) - started)


Observer: TypeAlias = Callable[[RequestRecord, int | None, float], None]
"""Function of a record, its status, and the seconds until the answer was known, or a stream began."""

observers: list[Observer] = []
"""Observers of every request that is logged."""


def request_id(header: str | None) -> str:
    """Return a proxy's request id if it is valid, or else a new one."""
    return header if header and _REQUEST_ID.fullmatch(header) else secrets.token_hex(16)
