"""What a browser gets at the API's address, and under which rules it runs."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from graphql import get_introspection_query

from courses.management.demonstration.people import ROLES, password_of
from schema.application import GraphQLApplication
from schema.graphiql.page import CONTENT_SECURITY_POLICY, render_graphiql
from tests.schema.network.small_schema import schema

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def ask(accept: str, **parameters: str) -> httpx.Response:
    """GET the API's address."""

    async def get() -> httpx.Response:
        application = GraphQLApplication(schema, render_graphiql=render_graphiql)
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get("/graphql/", params=parameters, headers={"Accept": accept})

    return async_to_sync(get)()


class Elements(HTMLParser):
    """Every element of a page, as its tag and attributes, and the text inside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.all and self.all[-1][0] in ("script", "style"):
            self.inline += data.strip()

    def addresses(self) -> list[str]:
        """What the page loads by itself."""
        loaded = [(tag, attributes) for tag, attributes in self.all if tag in ("script", "link", "img")]
        return [attributes.get("src") or attributes["href"] or "" for _, attributes in loaded]


def test_a_browser_gets_the_page(installed: None) -> None:
    response = ask(BROWSER)

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<main id="graphiql">' in response.text


def test_curl_gets_json(installed: None) -> None:
    response = ask("*/*", query="{ hello }")

    assert response.headers["Content-Type"].startswith("application/")
    assert response.json()["data"] == {"hello": "hello you"}


def test_the_policy_lets_the_page_load_from_its_own_server_only(installed: None) -> None:
    assert CONTENT_SECURITY_POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; font-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept"),
    ],
)
def test_the_page_has_the_header(installed: None, name: str, value: str) -> None:
    assert ask(BROWSER).headers[name] == value


def test_nothing_in_the_page_is_inline(installed: None) -> None:
    page = Elements(ask(BROWSER).text)

    assert page.inline == ""
    assert not [tag for tag, _ in page.all if tag == "style"]
    assert not [a for _, attributes in page.all for a in attributes if a == "style" or a.startswith("on")]


def test_everything_that_the_page_loads_is_served(installed: None) -> None:
    addresses = Elements(ask(BROWSER).text).addresses()

    assert len(addresses) == 10
    assert {address: Client().get(address).status_code for address in addresses} == dict.fromkeys(
        addresses, 200
    )


def test_libraries_come_in_the_order_in_which_they_need_each_other(installed: None) -> None:
    scripts = re.findall(r'<script[^>]* src="[^"]*/static/[^/]+/([^"]+)"', ask(BROWSER).text)

    assert [re.sub(r"@[\d.]+/.*", "", script) for script in scripts] == [
        "react",
        "react-dom",
        "graphiql",
        "@graphiql/plugin-explorer",
        "start.js",
    ]


def test_the_page_names_the_site(installed: None, settings: Any) -> None:
    settings.SITE_NAME = "Night <School>"

    assert "<h1>Night &lt;School&gt; API</h1>" in ask(BROWSER).text


def test_only_a_demonstration_names_people_and_their_passwords(installed: None, settings: Any) -> None:
    settings.DEMONSTRATION = False
    assert not [name for name in ROLES if password_of(name) in ask(BROWSER).text]

    settings.DEMONSTRATION = True
    buttons = [
        attributes for tag, attributes in Elements(ask(BROWSER).text).all if "data-username" in attributes
    ]
    assert [(each["data-username"], each["data-password"]) for each in buttons] == [
        (name, f"{name}-demo") for name in ("learner", "classmate", "instructor", "moderator", "admin")
    ]


def test_the_page_says_so_in_plain_words(not_installed: None) -> None:
    response = ask(BROWSER)

    assert response.status_code == 503
    assert "GraphiQL is not installed" in response.text
    assert "uv run python manage.py install_graphiql" in response.text
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_the_api_is_served_all_the_same(not_installed: None) -> None:
    assert ask("application/json", query="{ hello }").json()["data"] == {"hello": "hello you"}


def test_that_page_loads_only_what_is_here(not_installed: None) -> None:
    addresses = Elements(ask(BROWSER).text).addresses()

    assert [Client().get(address).status_code for address in addresses] == [200, 200]


def test_the_introspection_that_the_page_begins_with_is_within_the_limits(api) -> None:
    introspection = get_introspection_query(schema_description=True, input_value_deprecation=True)

    assert api(introspection)["__schema"]["queryType"]["name"] == "Query"
