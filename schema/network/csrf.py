"""CSRF protection of POST requests with a session cookie."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

PREFLIGHT_HEADERS = ("graphql-preflight", "apollo-require-preflight", "x-requested-with")
"""Headers that trigger a CORS preflight, which is never granted to another site."""


def is_forged(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Tell if the request has neither a preflight header nor Django's CSRF token.

    Only for requests that a session cookie authenticates: browsers do not send bearer tokens by themselves.
    """
    if any(headers.get(name) for name in PREFLIGHT_HEADERS):
        return False
    request = ASGIRequest(scope, BytesIO())
    middleware = CsrfViewMiddleware(_no_answer)
    middleware.process_request(request)
    return middleware.process_view(request, _no_answer, (), {}) is not None


def _no_answer(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
