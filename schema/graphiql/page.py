"""The page itself, and the headers that keep it from loading anything from elsewhere, or being framed."""

from functools import cache
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse

from courses.management.graphiql_installation import is_installed, third_party_files
from schema.graphiql.assets import DIRECTORY, address_of

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}


def render_graphiql(_request: Request) -> HTMLResponse:
    """GraphiQL, or a page in plain words that says how to install it."""
    if not is_installed():
        return HTMLResponse(_not_installed_page(), status_code=503, headers=HEADERS)
    return HTMLResponse(_page(), headers=HEADERS)


@cache
def _page() -> str:
    addresses = [address_of(name) for name in third_party_files()]
    return _filled_in(
        "index.html",
        styles="\n    ".join(
            f'<link rel="stylesheet" href="{address}">' for address in addresses if address.endswith(".css")
        ),
        scripts="\n    ".join(
            f'<script defer src="{address}"></script>' for address in addresses if address.endswith(".js")
        ),
        start=address_of("start.js"),
    )


@cache
def _not_installed_page() -> str:
    return _filled_in("not_installed.html")


def _filled_in(name: str, **places: str) -> str:
    template = Template((DIRECTORY / name).read_text(encoding="utf-8"))
    return template.substitute(page_style=address_of("page.css"), icon=address_of("favicon.svg"), **places)
