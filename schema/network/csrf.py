"""Whether a POST with a session cookie was meant by the person whose cookie it is."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

PREFLIGHT_HEADERS = ("graphql-preflight", "apollo-require-preflight", "x-requested-with")
"""A page of another site cannot send one of these without asking first, and it is never allowed to."""


def is_forged(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether the request carries neither a header of our own pages nor Django's CSRF token.

    Only for requests that a session cookie authenticates: a bearer token is not sent by itself.
    """
    if any(headers.get(name) for name in PREFLIGHT_HEADERS):
        return False
    request = ASGIRequest(scope, BytesIO())
    middleware = CsrfViewMiddleware(_no_answer)
    middleware.process_request(request)
    return middleware.process_view(request, _no_answer, (), {}) is not None


def _no_answer(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
