"""Rejection of requests that Django's pages cannot cope with: bodies that are no JSON, and texts that PostgreSQL
cannot store.

The API has the same rules, and an entry of its own (schema/network/request_body.py).
"""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from allauth.core.internal.httpkit import extract_basic_auth
from allauth.headless.internal.restkit.views import RESTView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.deprecation import MiddlewareMixin

from courses.utils.json_text import UNSTORABLE_TEXT, InvalidJson, decode_json, is_storable

NOT_JSON = "Send the body as JSON, with the header `Content-Type: application/json`."
NOT_FLAT = "Send a JSON object whose values are texts, whole numbers, true, false or null."


class RequestGuard(MiddlewareMixin):
    """Middleware that replies 400, or 415 for a body of another kind, in the format that the client expects."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Check path, cookies, credentials and query string."""
        credentials = extract_basic_auth({"Authorization": request.headers.get("authorization", "")})
        texts = (request.path_info, *request.COOKIES.values(), *credentials, *_texts_of(request.GET))
        return _refuse_unstorable(request, texts)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Check the body, now that the view that reads it is known."""
        if request.method in ("GET", "HEAD"):
            return None
        if not issubclass(getattr(view, "view_class", object), RESTView):
            return _refuse_unstorable(request, _texts_of(request.POST))
        return _refuse_json(request) if request.body else None


def _texts_of(form: Mapping[str, Any]) -> Iterator[str]:
    for name, values in form.lists():  # type: ignore[attr-defined]
        yield name
        yield from values


def _refuse_unstorable(request: HttpRequest, texts: Any) -> HttpResponse | None:
    if all(is_storable(text) for text in texts if text):
        return None
    return _refused(request, UNSTORABLE_TEXT)


def _refuse_json(request: HttpRequest) -> HttpResponse | None:
    """Reject a body that accounts could not read. They take flat objects; deep ones only cost parsing."""
    if request.content_type != "application/json":
        return _refused(request, NOT_JSON, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        given = decode_json(request.body, "The request body")
    except InvalidJson as error:
        return _refused(request, str(error))
    if not isinstance(given, dict) or not all(
        isinstance(value, str | int | None) for value in given.values()
    ):
        return _refused(request, NOT_FLAT)
    return _refuse_unstorable(
        request, [*given, *(value for value in given.values() if isinstance(value, str))]
    )


def _refused(request: HttpRequest, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> HttpResponse:
    """Return the refusal in the format of django-allauth's clients, of OAuth clients (RFC 6749, 5.2), or as text."""
    if request.path_info.startswith("/_allauth/"):
        errors = [{"code": status.name.lower(), "message": message}]
        return JsonResponse({"status": status, "errors": errors}, status=status)
    if request.path_info.startswith("/identity/o/api/"):
        return JsonResponse({"error": "invalid_request", "error_description": message}, status=status)
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
