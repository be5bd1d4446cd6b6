"""The HTTP application over a small schema, called as a client calls it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync

from schema.application import GraphQLApplication
from tests.schema.network.small_schema import schema


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


@pytest.fixture
def send(application: GraphQLApplication) -> Callable[..., httpx.Response]:
    """`send("POST", json=..., headers=...)` sends one request, in httpx's words, and gives its response."""

    async def request(method: str, **what: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=application, client=("203.0.113.9", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, "/graphql/", **what)

    return async_to_sync(request)


@pytest.fixture
def post(send: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    """`post("{ hello }", accept=..., variables=...)` sends a well-formed POST."""

    def post_query(
        query: str, *, accept: str = "application/graphql-response+json", headers: Any = None, **rest: Any
    ) -> httpx.Response:
        return send("POST", json={"query": query, **rest}, headers={"Accept": accept, **(headers or {})})

    return post_query
