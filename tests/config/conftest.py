"""Clients of the whole application: a browser with its cookies, and programs without."""

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import Client

from schema.application import GraphQLApplication
from schema.root import schema

if TYPE_CHECKING:  # the name that django-stubs has for what a test client answers with
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
else:
    Answer = HttpResponse

PASSWORD = "correct horse battery"


class Browser:
    """A single-page app on our own origin: it keeps cookies and sends the CSRF token that one of them holds."""

    def __init__(self) -> None:
        self.http = Client(enforce_csrf_checks=True)
        self.account("GET", "config")

    def csrf(self) -> dict[str, str]:
        return {"X-CSRFToken": self.http.cookies["csrftoken"].value}

    def account(self, method: str, path: str, *, headers: Any = None, **body: Any) -> Answer:
        """Call django-allauth as its browsers do."""
        headers = headers if headers is not None else self.csrf() if method != "GET" else {}
        return self.http.generic(
            method,
            f"/_allauth/browser/v1/{path}",
            httpx.Request(method, "http://testserver", json=body).read() if body else b"",
            content_type="application/json",
            headers=headers,
        )

    def sign_in(self, username: str, password: str = PASSWORD) -> Answer:
        return self.account("POST", "auth/login", username=username, password=password)

    def ask(self, query: str, *, headers: Any = None, **variables: Any) -> httpx.Response:
        """Ask the API with the cookies of this browser."""
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self.http.cookies.items())
        given = {"Cookie": cookies} | (self.csrf() if headers is None else headers)
        return ask(query, headers=given, **variables)


def ask(query: str, *, headers: Any = None, token: str | None = None, **variables: Any) -> httpx.Response:
    """Ask the API over HTTP."""
    given = {"Accept": "application/graphql-response+json"} | (headers or {})
    if token is not None:
        given["Authorization"] = f"Bearer {token}"

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=GraphQLApplication(schema))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            body = {"query": query, "variables": variables}
            return await client.post("/graphql/", json=body, headers=given)

    return async_to_sync(send)()


@pytest.fixture
def browser(db: None) -> Browser:
    return Browser()


@pytest.fixture
def quick_passwords(settings: Any) -> None:
    """Hash passwords in no time: these tests are not about the hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
