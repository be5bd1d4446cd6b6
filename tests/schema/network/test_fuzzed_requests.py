"""Thousands of mutated requests: whatever arrives, the answer is JSON, and the fault is the client's."""

import asyncio
import json
import random
from collections.abc import MutableMapping
from typing import Any

import pytest

from schema.application import GraphQLApplication

REQUESTS_PER_SEED = 1_250

QUERIES = [
    "{ hello }",
    "query Q($n: String) { hello(name: $n) rows(first: 2) { edges { node { number } } } }",
    "mutation { change(by: 3) }",
    "subscription { countTo(last: 2) }",
    "{ ...F } fragment F on Query { a: hello b: __typename __schema { types { name } } }",
]
HEADERS = [
    (b"content-type", b"application/json"),
    (b"accept", b"application/graphql-response+json"),
    (b"host", b"testserver"),
    (b"cookie", b"csrftoken=a; theme=dark"),
    (b"x-forwarded-for", b"1.2.3.4, 5.6.7.8"),
]
PIECES = [
    b"{",
    b"}",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"null",
    b"9" * 400,
    b"[",
    b"#",
    b"...",
    b"$n",
    b"\r\n",
    b"1e999",
]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with a few bytes cut, doubled, replaced or inserted."""
    for _ in range(chance.choice([0, 1, 1, 2, 5])):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.randint(0, 8))
        middle = chance.choice([b"", data[start:end] * 2, chance.randbytes(2), chance.choice(PIECES)])
        data = data[:start] + middle + data[end:]
    return data


def request(chance: random.Random) -> tuple[dict[str, Any], bytes]:
    """The ASGI scope and the body of one request."""
    body = json.dumps({"query": chance.choice(QUERIES), "variables": {"n": "x"}, "operationName": None})
    headers = [
        (name, mutated(value, chance) if name != b"host" and chance.random() < 0.2 else value)
        for name, value in HEADERS
        if chance.random() < 0.97
    ]
    scope = {
        "type": "http",
        "method": chance.choice(["POST"] * 8 + ["GET", "PUT"]),
        "path": "/graphql/",
        "query_string": mutated(b"query=%7Bhello%7D&variables=%7B%7D", chance),
        "headers": headers,
        "client": ("203.0.113.9", 1),
        "scheme": "http",
    }
    return scope, mutated(body.encode(), chance)


async def answer(application: GraphQLApplication, scope: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    """The status and the body that the application answers with."""
    sent: list[MutableMapping[str, Any]] = []
    requests = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        if message := next(requests, None):
            return message
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("seed", [20_240_229, 7])
def test_no_mutated_request_is_a_failure_of_ours(application, seed):
    print(f"seed {seed}")
    chance = random.Random(seed)

    async def send_all() -> set[int]:
        statuses = set()
        for _ in range(REQUESTS_PER_SEED):
            scope, body = request(chance)
            status, text = await answer(application, scope, body)
            statuses.add(status)
            assert status < 500, (scope, body, text)
            assert b"Traceback" not in text
            assert b"INTERNAL" not in text, (scope, body, text)
            if not text.startswith(b"event:"):
                assert json.loads(text).keys() & {"data", "errors"}, (scope, body, text)
        return statuses

    assert asyncio.run(send_all()) >= {200, 400, 405, 415}
