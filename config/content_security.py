"""Content security policy of Django's pages: no script, our own style, and forms that stay on the site.

One destination is elsewhere. A form that lets a partner in, or signs a person out for one, leads to a redirect to
that partner's address, and Chromium holds `form-action` against the redirect too. So pages with such a form name the
addresses that an administrator has registered for that partner.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action {destinations}; base-uri 'none'; frame-ancestors 'none'"
)
ADMINISTRATION = "/admin/"  # brings scripts and styles of its own
LOOPBACK = ("127.0.0.1", "localhost")
_CLIENT_ID = re.compile(r"[\x20-\x7e]{1,100}")  # RFC 6749, appendix A.1
_HOST = re.compile(r"(\*\.)?[a-z0-9.-]+")


class ContentSecurityMiddleware:
    """Middleware that sends the policy with every reply of Django, except on the administration and debug pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        is_debug_page = settings.DEBUG and response.status_code >= HTTPStatus.BAD_REQUEST
        if not is_debug_page and not request.path.startswith(ADMINISTRATION):
            partner = _partner_of(request, response) if response.status_code == HTTPStatus.OK else None
            destinations = sorted({"'self'", *_sources(partner)})
            response["Content-Security-Policy"] = POLICY.format(destinations=" ".join(destinations))
        return response


def _partner_of(request: HttpRequest, response: HttpResponse) -> Client | None:
    """Return the partner to whom a form on this page may lead; None on nearly all pages."""
    context = getattr(response, "context_data", None) or {}
    form = getattr(context.get("form"), "cleaned_data", {})
    if client := context.get("client") or form.get("client"):  # the pages of consent and of signing out
        return client
    onward = (request.POST.get("next") or request.GET.get("next", "")).partition("?")[2]
    client_id = QueryDict(onward).get("client_id", "")  # signing in on the way to the consent page
    return Client.objects.filter(id=client_id).first() if _CLIENT_ID.fullmatch(client_id) else None


def _sources(partner: Client | None) -> Iterable[str]:
    """Return the registered addresses of a partner, as sources of the policy."""
    addresses = partner.get_redirect_uris() + partner.get_post_logout_redirect_uris() if partner else []
    return filter(None, map(_source, addresses))


def _source(address: str) -> str:
    """Return the origin of an address, or only its scheme where the policy's syntax cannot express the origin.

    Empty for text that is no address: an administrator may have registered anything.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return parts.scheme and f"{parts.scheme}:"
    if host in LOOPBACK:
        return f"{parts.scheme}://{host}:*"  # programs listen wherever a port is free (RFC 8252, 7.3)
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")
