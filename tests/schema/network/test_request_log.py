"""The line that every request leaves in the log."""

import logging
from types import SimpleNamespace

import pytest

from schema.execution.admission import Admission
from schema.network import request_log
from schema.network.request_log import RequestRecord
from tests.schema.network.test_authentication import bearer, make_token
from tests.schema.network.test_limits import nested_rows
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
        "limits": [],
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
        "limits": [],
        "compiled": False,
        "replayed": False,
        "status": None,
    }


@pytest.mark.parametrize(
    ("asked", "codes", "limits"),
    [
        ({"query": "{ nothing }"}, ["GRAPHQL_VALIDATION_FAILED"], []),
        ({"query": nested_rows(2, first=100)}, ["LIMIT_EXCEEDED"], ["COST"]),
        ({"query": "{ hello }", "operationName": "not a name"}, ["BAD_REQUEST"], []),
    ],
)
def test_an_operation_that_is_refused_over_websocket_leaves_its_code(
    lines,
    conversation,  # noqa: F811
    asked,
    codes,
    limits,
):
    async def talk(socket):
        await socket.opened()
        assert (await socket.ask(**asked))["type"] == "error"

    conversation(talk)

    assert [(line["codes"], line["limits"]) for line in lines()] == [(codes, limits)]


def test_what_is_refused_for_want_of_a_place_leaves_its_code(lines, conversation, application):  # noqa: F811
    application.admission = Admission(executing=1, waiting=0)

    async def talk(socket):
        await socket.opened()
        async with application.admission.place():
            await socket.ask("{ hello }")

    conversation(talk)

    assert [line["codes"] for line in lines()] == [["OVERLOADED"]]


def test_a_stream_is_logged_when_it_ends_and_observed_as_answered_when_it_began(lines, monkeypatch):
    observed = []
    monkeypatch.setattr(request_log, "observers", [lambda *facts: observed.append(facts)])
    clock = iter([101.0, 160.0])
    monkeypatch.setattr(request_log, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    record = RequestRecord("1", "websocket", started=100.0)

    record.stream()
    record.note_errors([{"code": "INTERNAL"}, {"code": "INTERNAL"}, {}])
    record.log(None)

    assert [(line["milliseconds"], line["codes"]) for line in lines()] == [(60_000, ["INTERNAL"])]
    assert observed == [(record, None, 1.0)]


def test_a_subscription_streams_and_a_query_does_not(conversation, monkeypatch):  # noqa: F811
    streamed = []
    monkeypatch.setattr(
        request_log, "observers", [lambda record, *_: streamed.append(record.streams_since is not None)]
    )

    async def talk(socket):
        await socket.opened()
        for query in ("{ hello }", "subscription { countTo(last: 1) }"):
            await socket.ask(query)
            await socket.message()

    conversation(talk)

    assert streamed == [False, True]


def test_a_name_that_would_forge_a_line_is_refused_and_not_logged(send, lines):
    send("POST", json={"query": "query A { hello }", "operationName": 'a\r\n{"level": "error"}'})

    [line] = lines()
    assert (line["status"], line["operation"]) == (400, None)
