"""Requests that are refused before there is a result: one exception, one form of JSON body."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from schema.core.error_codes import MAY_BE_RETRIED, ErrorCode
from schema.network.rate_limits import RateLimited, facts_of, headers_of

RETRY_AFTER_SECONDS = 1

NEVER_CACHED = {
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Encoding, Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every response: it is for one person, and it is JSON."""


class Refused(Exception):  # noqa: N818 - being refused is no error
    """A request that gets `code` with its HTTP status, and is not executed."""

    def __init__(
        self,
        code: ErrorCode,
        message: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        self.code = code
        self.message = message or code.sentence
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})
        super().__init__(self.message)

    def response(self, media_type: str) -> Response:
        """Build the response: `{"errors": [{"message": ..., "extensions": {"code": ...}}]}`, and own `extensions`."""
        error = {"message": self.message, "extensions": {"code": self.code.name}}
        body = {"errors": [error]} | ({"extensions": self.extensions} if self.extensions else {})
        return Response(
            orjson.dumps(body),
            status_code=self.code.status,
            headers=NEVER_CACHED | retry_headers(self.code) | self.headers,
            media_type=media_type,
        )


def rate_limited(limited: RateLimited) -> Refused:
    """Build status 429, with the delay as a header, and the cost in the body, as for executed requests."""
    draw = limited.draw
    return Refused(
        ErrorCode.RATE_LIMITED,
        str(limited),
        headers=headers_of(draw) | {"Retry-After": str(draw.granted_after_seconds)},
        extensions={"cost": {"requested": draw.points, **facts_of(draw)}},
    )


def retry_headers(code: ErrorCode) -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if code in MAY_BE_RETRIED else {}
