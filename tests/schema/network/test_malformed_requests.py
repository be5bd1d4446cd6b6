"""Requests that are none are refused with a clear 4xx and a JSON body, never with a failure of ours."""

import gzip
import json

import pytest

from schema.network.negotiation import GRAPHQL_RESPONSE

JSON_HEADERS = {"Content-Type": "application/json", "Accept": GRAPHQL_RESPONSE}
QUERY = json.dumps({"query": "{ hello }"})
VARIABLE = '{"query": "query ($n: String) { hello(name: $n) }", "variables": {"n": %s}}'

BODIES = {
    "nothing": (b"", 400, "BAD_REQUEST"),
    "null": (b"null", 400, "BAD_REQUEST"),
    "a number": (b"3", 400, "BAD_REQUEST"),
    "a string": (b'"{ hello }"', 400, "BAD_REQUEST"),
    "a batch": (f"[{QUERY}]".encode(), 400, "BAD_REQUEST"),
    "an empty batch": (b"[]", 400, "BAD_REQUEST"),
    "half of it": (QUERY[:9].encode(), 400, "BAD_REQUEST"),
    "bad UTF-8": (b'{"query": "{ hello(name: \\"\xff\\") }"}', 400, "BAD_REQUEST"),
    "UTF-16": (QUERY.encode("utf-16"), 400, "BAD_REQUEST"),
    "100,000 levels": (b'{"query":"{ hello }","variables":' + b"[" * 100_000, 400, "BAD_REQUEST"),
    "5,000 digits": ((VARIABLE % ("1" * 5_000)).encode(), 400, "BAD_REQUEST"),
    "NaN": ((VARIABLE % "NaN").encode(), 400, "BAD_REQUEST"),
    "half of a surrogate pair": ((VARIABLE % r'"\ud800"').encode(), 400, "BAD_REQUEST"),
    "NUL in a variable": ((VARIABLE % r'"a\u0000b"').encode(), 400, "BAD_USER_INPUT"),
    "NUL in a literal": (json.dumps({"query": '{ hello(name: "\\u0000") }'}).encode(), 400, "BAD_USER_INPUT"),
    "500 levels of variables": ((VARIABLE % ("[" * 500 + "]" * 500)).encode(), 400, "LIMIT_EXCEEDED"),
    "5,000 digits in a literal": (
        json.dumps({"query": "{ nodes(ids: [%s]) { number } }" % ("1" * 5_000)}).encode(),
        400,
        "LIMIT_EXCEEDED",
    ),
    "no query": (b"{}", 400, "BAD_REQUEST"),
    "an empty query": (b'{"query": " "}', 400, "BAD_REQUEST"),
    "a query of numbers": (b'{"query": [1]}', 400, "BAD_REQUEST"),
    "variables in a list": (b'{"query": "{ hello }", "variables": []}', 400, "BAD_REQUEST"),
    "extensions in a text": (b'{"query": "{ hello }", "extensions": "x"}', 400, "BAD_REQUEST"),
    "a name with a line break": (b'{"query": "{ hello }", "operationName": "a\\r\\n"}', 400, "BAD_REQUEST"),
    "an operation that is not there": (
        b'{"query": "query A { hello }", "operationName": "B"}',
        400,
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "two operations and no name": (
        b'{"query": "query A { hello } mutation B { change }"}',
        400,
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "only a fragment": (
        b'{"query": "fragment F on Query { hello }"}',
        400,
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "too much": (b'{"query": "{ hello }"}' + b" " * 256 * 1024, 413, "PAYLOAD_TOO_LARGE"),
}


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES)
def test_a_malformed_body_is_refused(send, body, status, code):
    response = send("POST", content=body, headers=JSON_HEADERS)

    assert response.status_code == status
    assert set(response.json()) <= {"errors", "extensions"}
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == [code]
    assert response.json()["errors"][0]["message"]


CONTENT_TYPES = {
    "none": None,
    "a form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=x",
    "text that names JSON": "text/plain; a=application/json",
    "a longer name": "application/jsonp",
    "Latin-1": "application/json; charset=latin-1",
    "nonsense": ";;;",
}


@pytest.mark.parametrize("content_type", CONTENT_TYPES.values(), ids=CONTENT_TYPES)
def test_a_body_that_does_not_say_it_is_json_is_refused(send, content_type):
    headers = {"Content-Type": content_type} if content_type else {}

    response = send("POST", content=QUERY.encode(), headers=headers)

    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_a_compressed_body_is_refused(send):
    headers = JSON_HEADERS | {"Content-Encoding": "gzip"}

    assert send("POST", content=gzip.compress(QUERY.encode()), headers=headers).status_code == 415


def test_a_compressed_body_that_does_not_say_so_is_refused(send):
    assert send("POST", content=gzip.compress(QUERY.encode()), headers=JSON_HEADERS).status_code == 400


def test_a_body_announced_too_large_is_refused_before_it_is_read(send):
    headers = JSON_HEADERS | {"Content-Length": str(10**30)}

    response = send("POST", content=b"{}", headers=headers)

    assert (response.status_code, response.headers["connection"]) == (413, "close")


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("text", ["{", "[" * 5_000, "[]", "3", '"x"', '{"a": NaN}', "\ufffd"])
def test_a_malformed_parameter_of_a_url_is_refused(send, name, text):
    response = send("GET", params={"query": "{ hello }", name: text})

    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_a_url_without_a_query_is_refused(send):
    assert send("GET", headers={"Accept": "*/*"}).status_code == 400


def test_an_answer_in_a_picture_is_not_to_be_had(send):
    response = send("POST", content=QUERY.encode(), headers=JSON_HEADERS | {"Accept": "image/png"})

    assert (response.status_code, response.headers["content-type"]) == (406, "application/json")
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"
