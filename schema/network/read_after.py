"""Reading what was written: the position of a mutation in the write-ahead log, told to its client and sent back by it.

A program sends the `X-Read-After` header of the answer back with what it reads next, and may hand it on to others; a
browser does so by itself, with a cookie. Nobody needs to: a person's own writes are remembered here as well.
"""

from django.conf import settings
from starlette.requests import HTTPConnection
from starlette.responses import Response

from courses.services.last_writes import remembered
from courses.utils.wal_positions import ANYWHERE, WalPosition
from schema.core.error_codes import ErrorCode
from schema.network.refusals import Refused
from schema.network.session_cookies import set_like_session_cookie

HEADER = "X-Read-After"
COOKIE = "read_after"


def read_after(request: HTTPConnection) -> WalPosition:
    """Return the later of the positions in header and cookie: what the client wants to see at least.

    A WebSocket, which lasts, has none. Raises Refused (BAD_USER_INPUT) for a header that we did not send; a cookie that
    is not ours is ignored.
    """
    if not settings.REPLICAS or request.scope["type"] != "http":
        return ANYWHERE
    given = request.headers.getlist(HEADER)
    try:
        asked = max(map(WalPosition.parse, given), default=ANYWHERE)
    except ValueError:
        raise Refused(
            ErrorCode.BAD_USER_INPUT,
            f"Send `{HEADER}` as it came with the answer to a mutation, or not at all.",
        ) from None
    try:
        return max(asked, WalPosition.parse(request.cookies.get(COOKIE, "")))
    except ValueError:
        return asked


def tell_position(response: Response, request: HTTPConnection, position: WalPosition | None) -> None:
    """Tell the client where its request has written, if it has."""
    if position is None:
        return
    response.raw_headers.append((HEADER.lower().encode(), str(position).encode()))
    if "authorization" not in request.headers:
        max_age = int(remembered().total_seconds())
        set_like_session_cookie(response, COOKIE, str(position), max_age=max_age)
