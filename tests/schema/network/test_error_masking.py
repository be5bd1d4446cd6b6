"""What clients see of errors, over HTTP and as an event stream: never more of our side than an id."""

import logging

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from graphql import GraphQLError

from schema.core.database_failures import failure_code
from schema.core.error_codes import ErrorCode, code_of, graphql_error
from schema.network.error_masking import public_error

SECRET = "the secret of the house"


def test_a_bug_is_masked_and_the_log_has_it_under_the_same_id(post, caplog):
    response = post("{ bug }")

    [error] = response.json()["errors"]
    error_id = error["extensions"]["errorId"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["message"].endswith(f"name the error id {error_id}.")
    assert SECRET not in response.text
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error_id in record.getMessage()
    assert SECRET in str(record.exc_info[1])


def test_a_bug_inside_a_subscription_is_masked(post):
    response = post("subscription { fails }", accept="text/event-stream")

    assert '"fails":1' in response.text
    assert '"code":"INTERNAL"' in response.text
    assert SECRET not in response.text


def test_an_answer_of_the_wrong_type_is_a_bug_of_ours(post):
    [error] = post("{ wrongType }").json()["errors"]

    assert error["extensions"]["code"] == "INTERNAL"
    assert "no number" not in error["message"]


def test_mistyped_queries_are_not_logged(post, caplog):
    post("{ nothing }")
    post("{ hello")

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_an_error_that_has_its_code_keeps_its_text():
    error = graphql_error(ErrorCode.BAD_USER_INPUT, "A page has 1 to 100 rows; 0 were asked for.")

    assert public_error(error) is error


def test_an_error_with_a_code_that_is_not_in_the_catalogue_is_a_bug():
    error = GraphQLError(SECRET, path=["a"], original_error=ValueError(SECRET), extensions={"code": "ODD"})

    assert code_of(public_error(error)) is ErrorCode.INTERNAL


def test_every_code_has_a_sentence_and_a_status_of_refusal():
    for_clients_that_look_for_it = {ErrorCode.PERSISTED_QUERY_NOT_FOUND}
    assert {code for code in ErrorCode if code.status < 400} == for_clients_that_look_for_it
    assert {code for code in ErrorCode if not code.sentence.endswith(".")} == for_clients_that_look_for_it


class WithState(psycopg2.Error):
    """A driver's error with the SQLSTATE that a test gives it."""

    pgcode: str | None = None


@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [
        ("57014", ErrorCode.TIMEOUT),
        ("55P03", ErrorCode.BUSY),
        ("40P01", ErrorCode.BUSY),
        ("40001", ErrorCode.BUSY),
        ("57P01", ErrorCode.UNAVAILABLE),
        ("53300", ErrorCode.UNAVAILABLE),
        ("53100", ErrorCode.UNAVAILABLE),
        (None, ErrorCode.UNAVAILABLE),
    ],
)
def test_the_state_that_postgresql_names_decides_the_code(sqlstate, code):
    cause = WithState()
    cause.pgcode = sqlstate
    error = OperationalError("connection to server at 10.0.0.1 failed")
    error.__cause__ = cause

    assert failure_code(error) is code


def test_a_closed_connection_is_unavailable_and_a_wrong_value_is_no_database_failure():
    assert failure_code(InterfaceError("connection already closed")) is ErrorCode.UNAVAILABLE
    assert failure_code(DatabaseError("server closed the connection unexpectedly")) is ErrorCode.UNAVAILABLE
    assert failure_code(IntegrityError("duplicate key")) is None
    assert failure_code(ValueError("A string literal cannot contain NUL")) is None


def test_a_statement_that_takes_too_long_is_a_timeout(db, post):
    response = post('{ executeSql(sql: "SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)") }')

    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (504, "TIMEOUT")
    assert "data" not in response.json()
