"""Requests that are refused before there is a result: one exception, one form of JSON body."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from schema.core.error_codes import MAY_BE_RETRIED, ErrorCode

RETRY_AFTER_SECONDS = 1

NEVER_CACHED = {
    "Cache-Control": "no-store",
    "Vary": "Accept, Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
}
"""The headers of every answer: it is for one person, and it is JSON."""


class Refused(Exception):  # noqa: N818 - being refused is no error
    """The request is answered with `code` and its HTTP status, and is not executed."""

    def __init__(
        self, code: ErrorCode, message: str | None = None, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self.code = code
        self.message = message or code.sentence
        self.headers = dict(headers or {})
        super().__init__(self.message)

    def response(self, media_type: str) -> Response:
        """The answer: `{"errors": [{"message": ..., "extensions": {"code": ...}}]}`."""
        error = {"message": self.message, "extensions": {"code": self.code.name}}
        return Response(
            orjson.dumps({"errors": [error]}),
            status_code=self.code.status,
            headers=NEVER_CACHED | retry_headers(self.code) | self.headers,
            media_type=media_type,
        )


def retry_headers(code: ErrorCode) -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if code in MAY_BE_RETRIED else {}
