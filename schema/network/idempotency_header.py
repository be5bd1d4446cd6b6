"""The `Idempotency-Key` header: the key of the one mutation in a request over HTTP."""

import re

from starlette.requests import HTTPConnection

from courses.constants import MAX_IDEMPOTENCY_KEY_LENGTH, MIN_IDEMPOTENCY_KEY_LENGTH
from schema.core.error_codes import ErrorCode
from schema.network.refusals import Refused

_KEY = re.compile(rf"[ -~]{{{MIN_IDEMPOTENCY_KEY_LENGTH},{MAX_IDEMPOTENCY_KEY_LENGTH}}}")


def idempotency_key(request: HTTPConnection) -> str | None:
    """Return the header's key, None without one; a WebSocket, which carries many operations, has none.

    Raises Refused (BAD_USER_INPUT) for a malformed key, and for two.
    """
    given = request.headers.getlist("idempotency-key") if request.scope["type"] == "http" else []
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Refused(
            ErrorCode.BAD_USER_INPUT,
            f"Send one `Idempotency-Key` of {MIN_IDEMPOTENCY_KEY_LENGTH} to {MAX_IDEMPOTENCY_KEY_LENGTH} characters "
            "of ASCII.",
        )
    return given[0]
