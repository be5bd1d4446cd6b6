"""Pages of other origins (CORS): what browsers let them ask, and read of the answers.

Starlette's middleware stands around the whole server, so that Django's pages, and what is refused before it reaches
either application, are answered like the API.
"""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
EXPOSED_HEADERS = (
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
    "Idempotency-Replayed",
    "X-Read-After",
)

_VARY = (b"vary", b"Origin")
_GRANTS = b"access-control-"


class CrossOrigin(CORSMiddleware):
    """Starlette's CORS middleware, which says nothing at all to an origin that is not listed.

    Any header may be sent, as the server reads only those that it knows. What a view grants by itself, as those of the
    identity provider do, is replaced: browsers take two answers for none.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        origins = frozenset(origins)
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=["*"],
            allow_credentials="*" not in origins,
            expose_headers=EXPOSED_HEADERS,
        )
        self._granted = [
            (name.lower().encode(), value.encode()) for name, value in self.simple_headers.items()
        ]

    def preflight_response(self, request_headers: Headers) -> Response:
        if self._allowed_origin(request_headers) is None:
            return PlainTextResponse("Disallowed CORS origin", status_code=400, headers={"Vary": "Origin"})
        return super().preflight_response(request_headers)

    async def simple_response(
        self, scope: Scope, receive: Receive, send: Send, request_headers: Headers
    ) -> None:
        origin = self._allowed_origin(request_headers)
        added = [_VARY]
        if origin is not None:
            added += self._granted
            if not self.allow_all_origins:
                added.append((b"access-control-allow-origin", origin.encode("latin-1")))

        async def send_with_grant(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                if origin is not None:
                    given = [header for header in given if not header[0].lower().startswith(_GRANTS)]
                message["headers"] = [*given, *added]
            await send(message)

        await self.app(scope, receive, send_with_grant)

    def _allowed_origin(self, headers: Headers) -> str | None:
        """Return the request's origin if it is allowed; None for two, which no browser sends."""
        given = headers.getlist("origin")
        return given[0] if len(given) == 1 and self.is_allowed_origin(given[0]) else None


class ListedOriginMiddleware(MiddlewareMixin):
    """Middleware that trusts a listed origin without Django's CSRF token, in a cookie that its pages cannot read."""

    def process_request(self, request: HttpRequest) -> None:
        if request.headers.get("Origin") in settings.SESSION_ORIGINS:
            request.csrf_processing_done = True  # type: ignore[attr-defined]
