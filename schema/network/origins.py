"""Origins of pages: of whose requests and WebSockets the session cookie counts.

A browser names the page's origin itself and sends cookies by itself, so that only the origin tells who meant a request.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from schema.core.upstream import is_same_origin


def own_origin(connection: HTTPConnection) -> str:
    """Return the origin of this server as the client names it."""
    is_secure = settings.HTTPS or connection.scope.get("scheme") in ("https", "wss")
    return f"{'https' if is_secure else 'http'}://{connection.headers.get('host', '')}"


def is_our_host(host: str) -> bool:
    """Validate a Host header against ALLOWED_HOSTS, because of DNS rebinding."""
    return _is_allowed(host, tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=64)
def _is_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host)
    return validate_host(domain, allowed)


def origin_of(headers: Headers) -> str | None:
    """Return the header; several headers are joined to one that no origin matches."""
    given = headers.getlist("origin")
    return ", ".join(given) if given else None


def is_trusted(headers: Headers) -> bool:
    """Tell if a program sent the request, a page of ours, or one of an origin that the settings list."""
    origin = origin_of(headers)
    return (
        origin is None  # browsers name it with every POST and every WebSocket
        or headers.get("sec-fetch-site") == "same-origin"
        or is_same_origin(origin, headers.get("host"))
        or _is_among(origin, tuple(settings.CSRF_TRUSTED_ORIGINS))
    )


@lru_cache(maxsize=256)
def _is_among(origin: str, trusted: tuple[str, ...]) -> bool:
    """Tell if an origin is among `trusted`, where `https://*.courses.example` stands for all subdomains."""
    if origin in trusted:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    patterns = [urlsplit(each) for each in trusted if "*" in each]
    return any(
        parts.scheme == each.scheme and is_same_domain(parts.netloc, each.netloc.lstrip("*"))
        for each in patterns
    )
