"""In which media type, with which status and which headers a request is answered."""

import pytest

from schema.network.negotiation import EVENT_STREAM, GRAPHQL_RESPONSE, HTML, JSON, preferred_media_type

OFFERS = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM, HTML)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_RESPONSE),
        ("application/json;q=0.9, application/graphql-response+json;q=0.8", JSON),
        ("application/json, text/event-stream", JSON),
        ("application/graphql-response+json, application/json, text/event-stream", GRAPHQL_RESPONSE),
        ("text/event-stream", EVENT_STREAM),
        ("text/event-stream, */*;q=0.1", EVENT_STREAM),
        (BROWSER, HTML),
        ("Application/JSON; charset=utf-8", JSON),
        ("*/*, text/html", HTML),
        ("application/json;q=0, */*", GRAPHQL_RESPONSE),
        ("application/json;q=0", None),
        ("image/png", None),
        (", ;q=x", None),
    ],
)
def test_the_media_type_that_the_client_likes_best(accept: str | None, chosen: str | None) -> None:
    assert preferred_media_type(accept, OFFERS) == chosen


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
def test_an_executed_query_is_answered_with_200_in_the_media_type_asked_for(post, accept):
    response = post("{ hello }", accept=accept)

    assert (response.status_code, response.headers["content-type"]) == (200, accept)
    assert response.json() == {
        "data": {"hello": "hello you"},
        "extensions": {"cost": {"requested": 1, "limit": 50_000, "remaining": 50_000, "restoreRate": 1_000}},
    }
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


REQUEST_ERRORS = {
    "syntax": ("{ hello", {}, "GRAPHQL_PARSE_FAILED"),
    "unknown field": ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    "variable": ("query ($name: String!) { hello(name: $name) }", {"name": 3}, "BAD_USER_INPUT"),
}


@pytest.mark.parametrize(("query", "variables", "code"), REQUEST_ERRORS.values(), ids=REQUEST_ERRORS)
def test_a_request_error_is_400_and_has_no_data(post, query, variables, code):
    response = post(query, variables=variables)

    assert response.status_code == 400
    assert "data" not in response.json()
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == [code]


@pytest.mark.parametrize(("query", "variables", "code"), REQUEST_ERRORS.values(), ids=REQUEST_ERRORS)
def test_a_client_of_plain_json_gets_a_request_error_with_200(post, query, variables, code):
    response = post(query, variables=variables, accept=JSON)

    assert response.status_code == 200
    assert "data" not in response.json()
    assert response.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
def test_a_failing_field_leaves_the_others_their_data(post, accept):
    response = post("{ hello bug }", accept=accept)

    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "hello you", "bug": None}
    assert response.json()["errors"][0]["path"] == ["bug"]


def test_get_executes_a_query_with_its_variables(send):
    parameters = {"query": "query ($n: String!) { hello(name: $n) }", "variables": '{"n": "Ada"}'}

    response = send("GET", params=parameters)

    assert (response.status_code, response.json()["data"]) == (200, {"hello": "hello Ada"})


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("{ hello }", "application/json", "application/json"),
        ("{ nothing }", "application/graphql-response+json", "application/graphql-response+json"),
        ("subscription { countTo(last: 2) }", "text/event-stream", "text/event-stream"),
    ],
)
def test_head_is_answered_like_get_without_the_body(send, query, accept, media_type):
    asked = {"params": {"query": query}, "headers": {"Accept": accept, "X-Request-ID": "one"}}

    got, headed = send("GET", **asked), send("HEAD", **asked)

    assert headed.content == b""
    assert (headed.status_code, headed.headers["content-type"]) == (
        got.status_code,
        got.headers["content-type"],
    )
    assert headed.headers["content-type"].split(";")[0] == media_type
    assert headed.headers.get("content-length") == got.headers.get("content-length")


def test_head_never_mutates_either(send):
    response = send("HEAD", params={"query": "mutation { change }"})

    assert (response.status_code, response.headers["allow"], response.content) == (405, "POST", b"")


def test_get_never_mutates(send):
    response = send("GET", params={"query": "mutation { change }"})

    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused_and_the_allowed_ones_named(send, method):
    response = send(method, json={"query": "{ hello }"})

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")


def test_a_subscription_as_a_plain_post_is_refused(post):
    response = post("subscription { countTo(last: 2) }")

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].startswith("Subscribe over WebSocket")


def test_a_subscription_as_an_event_stream_sends_each_event_and_then_completes(post):
    response = post("subscription { countTo(last: 2) }", accept=EVENT_STREAM)

    events = [line for line in response.text.splitlines() if line.startswith("event:")]
    assert response.headers["content-type"] == EVENT_STREAM
    assert events == ["event: next", "event: next", "event: complete"]
    assert '"countTo":2' in response.text


def test_a_query_as_an_event_stream_is_refused_in_the_stream(post):
    response = post("{ hello }", accept=EVENT_STREAM)

    assert '"code":"OPERATION_RESOLUTION_FAILURE"' in response.text
    assert "hello you" not in response.text


def test_a_host_name_that_is_not_ours_is_refused(post):
    response = post("{ hello }", headers={"Host": "rebound.example"})

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


def test_the_request_id_of_a_proxy_comes_back_unless_it_is_none(post):
    assert post("{ hello }", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert len(post("{ hello }", headers={"X-Request-ID": "a b"}).headers["x-request-id"]) == 32
