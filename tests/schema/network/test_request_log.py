"""The line that every request leaves in the log."""

import logging

import pytest

from tests.schema.network.test_authentication import bearer, make_token
from tests.schema.network.test_websocket import conversation  # noqa: F401 - a fixture


@pytest.fixture
def lines(caplog):
    """The facts of the lines that were logged so far."""
    caplog.set_level(logging.INFO, logger="schema.requests")
    return lambda: [dict(record.facts) for record in caplog.records if record.name == "schema.requests"]


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
        "compiled": False,
        "replayed": False,
        "status": 200,
    }


@pytest.mark.parametrize(
    ("query", "name", "logged"),
    [
        ("query Greeting { hello }", None, "Greeting"),
        ("query Greeting { hello }", "Greeting", "Greeting"),
        ("{ hello }", None, None),
        ("query A { hello } query B { hello }", None, None),
        ("query A { hello } query B { hello }", "B", "B"),
        ("query A { hello }", "C", "C"),
        ("{ hello", "C", "C"),
    ],
)
def test_the_line_names_the_operation_also_when_only_the_document_does(post, lines, query, name, logged):
    post(query, operationName=name)

    assert [line["operation"] for line in lines()] == [logged]


def test_without_a_collector_no_line_has_a_trace(post, lines):
    post("{ hello }", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})

    assert ["trace_id" in line for line in lines()] == [False]


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


def test_the_line_says_who_paid_and_how_much_of_it_was_the_credentials(db, post, lines):
    token = make_token()

    post("query Who { viewerName }", operationName="Who", headers=bearer())

    [line] = lines()
    assert (line["operation"], line["principal"], line["cost"]) == ("Who", f"token:{token.pk}", 1)
    assert line["statements"] == 2  # the token, and its use


def test_an_operation_over_websocket_leaves_the_same_line_without_a_status(lines, conversation):  # noqa: F811
    async def talk(socket):
        await socket.opened()
        await socket.ask("query Hello { hello }", operationName="Hello")
        await socket.message()

    conversation(talk, x_request_id="ws-7")

    [line] = lines()
    assert line.pop("milliseconds") >= 0
    assert line == {
        "request_id": "ws-7",
        "transport": "websocket",
        "operation": "Hello",
        "principal": "anonymous",
        "cost": 1,
        "statements": 0,
        "codes": [],
        "compiled": False,
        "replayed": False,
        "status": None,
    }


def test_a_name_that_would_forge_a_line_is_refused_and_not_logged(send, lines):
    send("POST", json={"query": "query A { hello }", "operationName": 'a\r\n{"level": "error"}'})

    [line] = lines()
    assert (line["status"], line["operation"]) == (400, None)
