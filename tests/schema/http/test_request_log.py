"""The line that every request leaves in the log."""

import json
import logging

import pytest


@pytest.fixture
def lines(caplog):
    """The lines that were logged so far, read as JSON."""
    caplog.set_level(logging.INFO, logger="schema.requests")
    return lambda: [
        json.loads(record.getMessage()) for record in caplog.records if record.name == "schema.requests"
    ]


def test_a_request_leaves_one_line_that_says_who_what_and_how_much(db, post, lines):
    response = post(
        "query Count { courseCount hello }", operationName="Count", headers={"X-Request-ID": "abc-1"}
    )

    [line] = lines()
    assert line.pop("milliseconds") >= 0
    assert response.status_code == 200
    assert line == {
        "request_id": "abc-1",
        "transport": "http",
        "operation": "Count",
        "principal": "anonymous",
        "cost": 2,
        "statements": 1,
        "codes": [],
        "status": 200,
    }


def test_a_refused_request_leaves_its_code(send, lines):
    send("POST", content=b"null", headers={"Content-Type": "application/json"})

    [line] = lines()
    assert (line["status"], line["codes"]) == (400, ["BAD_REQUEST"])


def test_neither_variables_nor_literals_are_logged(post, caplog):
    caplog.set_level(logging.DEBUG)

    post('query ($n: String) { hello(name: $n) a: hello(name: "a literal") }', variables={"n": "a variable"})

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("schema")]
    assert ours
    assert not any("a literal" in text or "a variable" in text for text in ours)
