"""Parsing of addresses in settings: hosts, origins, networks, and the URLs of other services.

Each function parses an operator's text, and raises ValueError with a sentence to say after the setting's name.
No sentence repeats a URL that may hold a password.
"""

from email.utils import parseaddr
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
import psycopg2
from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port
from psycopg2.extensions import make_dsn, parse_dsn

from config.environment import switch

DATABASE_EXAMPLE = "postgres://user:password@host/name"
CACHES = (
    "dbcache",
    "rediscache",
    "redis",
    "rediss",
    "pymemcache",
    "pylibmc",
    "filecache",
    "locmemcache",
    "dummycache",
)
OPTIONS_OF_DJANGO = ("assume_role", "isolation_level")  # all others are PostgreSQL's
SWITCHES_OF_DJANGO = (
    "ATOMIC_REQUESTS",
    "AUTOCOMMIT",
    "CONN_HEALTH_CHECKS",
    "DISABLE_SERVER_SIDE_CURSORS",
)
PACKAGES = {
    "redis": "redis",
    "pymemcache": "pymemcache",
    "pylibmc": "pylibmc",
}  # by a part of the backend's name


def host(text: str) -> str:
    """Parse an entry of ALLOWED_HOSTS: `courses.example`, `.courses.example` with its subdomains, `[::1]` or `*`."""
    domain, port = split_domain_port(text.removeprefix("."))
    if text != "*" and (port or not domain):
        raise ValueError(f"{text!r} is not a host name such as courses.example.")
    return text


def host_and_port(text: str) -> tuple[str, int]:
    """Parse an address to listen on, `127.0.0.1:9464` or `[::1]:9464`."""
    parts = _split(f"//{text}")
    if not parts.hostname or not parts.port or parts.netloc != text or parts.username is not None:
        raise ValueError(f"{text!r} is not an address with a port such as 127.0.0.1:9464.")
    return parts.hostname, parts.port


def collector(text: str) -> str:
    """Parse where traces are sent, `http://127.0.0.1:4318/v1/traces`; their packages have to be there."""
    if not _is_web(_split(text)):
        raise ValueError(f"{text!r} is not an address such as http://127.0.0.1:4318/v1/traces.")
    if find_spec("opentelemetry.sdk") is None:
        raise ValueError("traces need the dependency group `traces`: `uv sync --no-dev --group traces`.")
    return text


def origin(text: str) -> str:
    """Parse scheme and host, with an optional port; `https://*.courses.example` covers all subdomains."""
    parts = _split(text)
    if not _is_web(parts) or parts.geturl() != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(f"{text!r} is not an origin such as https://courses.example.")
    return text


def origins_of_pages(text: str) -> list[str]:
    """Parse origins between commas, each exactly as browsers send it, or `*` alone for all of them."""
    origins = [entry.strip() for entry in text.split(",") if entry.strip()]
    if origins == ["*"]:
        return origins
    for each in origins:
        if not _is_sent_by_browsers(each):
            raise ValueError(
                f"{each!r} is not an origin as browsers send it, such as https://courses.example."
            )
    return origins


def web_address(text: str) -> str:
    """Parse a URL to which a path can be added."""
    parts = _split(text)
    if not _is_web(parts) or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is not an address such as https://courses.example.")
    return text.rstrip("/")


def network(text: str) -> str:
    """Parse a network such as `10.0.0.0/8`, or a single address."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is not a network such as 10.0.0.0/8.") from None
    return text


def sender(text: str) -> str:
    """Parse `courses@courses.example`, with an optional name before it."""
    if "@" not in parseaddr(text)[1] or "\n" in text:
        raise ValueError(f"{text!r} is not an address such as courses@courses.example.")
    return text


def postgresql(text: str) -> dict[str, Any]:
    """Parse a URL to an entry of Django's DATABASES."""
    if environ.Env.DB_SCHEMES.get(text.partition(":")[0]) != "django.db.backends.postgresql":
        raise ValueError(f"must name a PostgreSQL database, such as {DATABASE_EXAMPLE}.")
    try:
        named: dict[str, Any] = environ.Env.db_url_config(text)
        options = named.get("OPTIONS", {})
        make_dsn(**{name: value for name, value in options.items() if name not in OPTIONS_OF_DJANGO})
    except (ValueError, psycopg2.ProgrammingError):
        raise ValueError(f"is no address such as {DATABASE_EXAMPLE}.") from None
    for name in SWITCHES_OF_DJANGO:
        if name in named:
            named[name] = switch(str(named[name]))
    if not named["NAME"] and "service" not in options:
        raise ValueError(f"names no database. Write {DATABASE_EXAMPLE}.")
    return named


def listening(text: str) -> str:
    """Parse a connection string of PostgreSQL, as a URL or as `name=value` pairs."""
    try:
        port = parse_dsn(text).get("port", "")
    except psycopg2.ProgrammingError:
        port = "none"
    if port and not port.isdigit():
        raise ValueError(f"is no address such as {DATABASE_EXAMPLE}.")
    return text


def cache(text: str) -> dict[str, Any]:
    """Parse a URL to an entry of Django's CACHES. The package that it needs must be installed."""
    parts = _split(text)
    if parts.scheme not in CACHES:
        raise ValueError(f"must begin with one of {', '.join(f'{scheme}://' for scheme in CACHES)}.")
    if parts.scheme == "dbcache" and not parts.netloc:
        raise ValueError("names no table. Write dbcache://django_cache.")
    configured: dict[str, Any] = environ.Env.cache_url_config(text)
    for part, package in PACKAGES.items():
        if part in configured["BACKEND"] and find_spec(package) is None:
            raise ValueError(f"needs the Python package {package}, which is not installed.")
    return configured


def mail(text: str) -> dict[str, Any]:
    """Parse a URL to Django's EMAIL_ settings."""
    try:
        configured: dict[str, Any] = environ.Env.email_url_config(text)
    except (ValueError, ImproperlyConfigured):
        raise ValueError("is no address such as smtp+tls://user:password@host:587.") from None
    if text.startswith("smtp") and not configured["EMAIL_HOST"]:
        raise ValueError("names no host. Write smtp+tls://user:password@host:587.")
    return configured


def _split(text: str) -> SplitResult:
    """Split a URL; the parts are empty when it has an impossible bracket or port."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _is_sent_by_browsers(text: str) -> bool:
    """Tell if an origin has lower case, ASCII, and no port that is its scheme's own."""
    parts = _split(text)
    default_port = {"http": 80, "https": 443}.get(parts.scheme)
    has_form = _is_web(parts) and text == f"{parts.scheme}://{parts.netloc.lower().rstrip(':')}"
    return has_form and text.isascii() and "*" not in text and parts.port != default_port


def _is_web(parts: SplitResult) -> bool:
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
