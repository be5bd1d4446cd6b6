"""CSRF protection of POST requests with a session cookie."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from starlette.datastructures import Headers

from schema.network.origins import origin_of

PREFLIGHT_HEADERS = ("graphql-preflight", "apollo-require-preflight", "x-requested-with")
"""Headers that trigger a CORS preflight, which lets only pages of listed origins send cookies."""


def is_forged(scope: Mapping[str, Any], headers: Headers) -> bool:
    """Tell if the request has neither a listed origin, nor a preflight header, nor Django's CSRF token.

    Only for requests that a session cookie authenticates: browsers do not send bearer tokens by themselves.
    """
    if origin_of(headers) in settings.SESSION_ORIGINS or any(headers.get(name) for name in PREFLIGHT_HEADERS):
        return False
    request = ASGIRequest(scope, BytesIO())
    middleware = CsrfViewMiddleware(_no_answer)
    middleware.process_request(request)
    return middleware.process_view(request, _no_answer, (), {}) is not None


def _no_answer(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
