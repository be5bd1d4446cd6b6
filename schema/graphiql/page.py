"""GraphiQL's page, with headers that forbid loading anything from elsewhere, and framing."""

from functools import cache
from html import escape
from string import Template

from django.conf import settings
from starlette.requests import Request
from starlette.responses import HTMLResponse

from courses.management.demonstration.people import ROLES, WHAT_THEY_DO, password_of
from schema.graphiql.assets import DIRECTORY, address_of
from schema.graphiql.installation import is_installed, third_party_files

# GraphiQL 4 is the newest that keeps this policy. The editor of GraphiQL 5 (Monaco) sets the position of each line in
# a style attribute: Chromium refuses more than two hundred of them while 5.4.0 opens, and its lines overlap.
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
    """Render GraphiQL, or a page that tells how to install it."""
    if not is_installed():
        return HTMLResponse(
            _filled_in("not_installed.html", settings.SITE_NAME), status_code=503, headers=HEADERS
        )
    return HTMLResponse(_page(settings.SITE_NAME, settings.DEMONSTRATION), headers=HEADERS)


@cache
def _page(site_name: str, is_demonstration: bool) -> str:
    addresses = [address_of(name) for name in third_party_files()]
    return _filled_in(
        "index.html",
        site_name,
        styles="\n    ".join(
            f'<link rel="stylesheet" href="{address}">' for address in addresses if address.endswith(".css")
        ),
        scripts="\n    ".join(
            f'<script defer src="{address}"></script>' for address in addresses if address.endswith(".js")
        ),
        start=address_of("start.js"),
        demonstration=_people_of_the_demonstration() if is_demonstration else "",
    )


def _people_of_the_demonstration() -> str:
    """Render buttons for the five whose passwords are public. Only where nothing but the demonstration is served."""
    buttons = "".join(
        f'<li><button type="button" data-username="{name}" data-password="{password_of(name)}">{name}</button> '
        f"<span>{WHAT_THEY_DO[name]}: <code>{password_of(name)}</code></span></li>"
        for name in ROLES
    )
    return f'<p>People of the demonstration, and their passwords:</p><ul id="people">{buttons}</ul>'


def _filled_in(name: str, site_name: str, **places: str) -> str:
    template = Template((DIRECTORY / name).read_text(encoding="utf-8"))
    return template.substitute(
        site_name=escape(site_name),
        page_style=address_of("page.css"),
        icon=address_of("favicon.svg"),
        **places,
    )
