"""Compression of answers by gzip, for clients that ask for it.

The length of a compressed answer tells of what is in it, to whoever sees the length and can have other text put beside
a secret (BREACH). So answers of mutations are left as they are, some of which hold a secret (`createAccessToken`), and
those which another site's page can ask for in a person's name: of GET with a cookie. Answers that set a cookie, and
refusals, are left out too, and streams, of which each event has to arrive by itself.
"""

import asyncio
import gzip
from functools import lru_cache

from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response

from schema.network.negotiation import accepts

SHORTEST = 1_024
"""Length in bytes from which an answer is compressed: a shorter one fills no more packets as it is."""

LONGEST_ON_THE_LOOP = 65_536
"""Length in bytes up to which compressing takes half a millisecond at most; longer ones are handed to a thread."""

LEVEL = 1
"""Of zlib: a catalogue of 12 KB takes 80 µs and comes to 28 per cent; level 6 takes twice as long for 26."""


async def compressed(response: Response, request: Request, operation: OperationType | None) -> Response:
    """Return the response of an `operation` compressed, where that is asked for, allowed, and worth it."""
    if operation is not OperationType.QUERY or len(response.body) < SHORTEST:
        return response
    if not _accepts_gzip(request.headers.get("accept-encoding")):
        return response
    is_by_cookie = request.method != "POST" and "cookie" in request.headers
    if is_by_cookie or any(name == b"set-cookie" for name, _ in response.raw_headers):
        return response
    if len(response.body) > LONGEST_ON_THE_LOOP:
        body = await asyncio.to_thread(gzip.compress, response.body, LEVEL, mtime=0)
    else:
        body = gzip.compress(response.body, LEVEL, mtime=0)
    response.body = body
    response.raw_headers = [
        *(header for header in response.raw_headers if header[0] != b"content-length"),
        (b"content-length", b"%d" % len(body)),
        (b"content-encoding", b"gzip"),
    ]
    return response


@lru_cache(maxsize=256)
def _accepts_gzip(accept_encoding: str | None) -> bool:
    return accept_encoding is not None and accepts(accept_encoding, "gzip")
