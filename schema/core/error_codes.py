"""Every `extensions.code` of the top-level `errors`: what it means, and the HTTP status it is answered with.

Refusals of the domain are no errors: they are `userErrors`, whose codes stand in courses/exceptions.py.
"""

from enum import Enum
from http import HTTPStatus
from typing import Any

from graphql import GraphQLError


class ErrorCode(Enum):
    """One code: its HTTP status, and the sentence that is said when there is nothing more precise to say."""

    BAD_REQUEST = (HTTPStatus.BAD_REQUEST, "This is not a GraphQL request.")
    GRAPHQL_PARSE_FAILED = (HTTPStatus.BAD_REQUEST, "The query is not valid GraphQL.")
    GRAPHQL_VALIDATION_FAILED = (HTTPStatus.BAD_REQUEST, "The query does not fit the schema.")
    OPERATION_RESOLUTION_FAILURE = (
        HTTPStatus.BAD_REQUEST,
        "Say with `operationName` which operation of the document to execute.",
    )
    BAD_USER_INPUT = (HTTPStatus.BAD_REQUEST, "A variable or argument is not valid.")
    LIMIT_EXCEEDED = (HTTPStatus.BAD_REQUEST, "The query is larger than this server executes.")
    UNAUTHENTICATED = (HTTPStatus.UNAUTHORIZED, "Sign in, or send `Authorization: Bearer <token>`.")
    FORBIDDEN = (HTTPStatus.FORBIDDEN, "This is not allowed.")
    TOKEN_SCOPE_MISSING = (HTTPStatus.FORBIDDEN, "This access token was not made for this.")
    NOT_FOUND = (HTTPStatus.NOT_FOUND, "There is nothing here with this id that you may see.")
    METHOD_NOT_ALLOWED = (HTTPStatus.METHOD_NOT_ALLOWED, "Send GET for queries, or POST.")
    NOT_ACCEPTABLE = (
        HTTPStatus.NOT_ACCEPTABLE,
        "Accept application/graphql-response+json, application/json, or text/event-stream to subscribe.",
    )
    REQUEST_TIMEOUT = (HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive.")
    PAYLOAD_TOO_LARGE = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")
    UNSUPPORTED_MEDIA_TYPE = (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Send the request as `Content-Type: application/json`, in UTF-8 and not compressed.",
    )
    RATE_LIMITED = (HTTPStatus.TOO_MANY_REQUESTS, "You have asked for too much in too short a time.")
    INTERNAL = (HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.")
    UNAVAILABLE = (HTTPStatus.SERVICE_UNAVAILABLE, "The database cannot be reached. Please try again soon.")
    OVERLOADED = (HTTPStatus.SERVICE_UNAVAILABLE, "The server is busy. Please try again in a moment.")
    BUSY = (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Somebody else is changing the same thing at this moment. Please try again.",
    )
    TIMEOUT = (HTTPStatus.GATEWAY_TIMEOUT, "This took too long and was stopped. Please ask for less.")

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        self.status = status
        self.sentence = sentence


WELL_FORMED_REQUEST = frozenset(
    {
        ErrorCode.GRAPHQL_PARSE_FAILED,
        ErrorCode.GRAPHQL_VALIDATION_FAILED,
        ErrorCode.BAD_USER_INPUT,
        ErrorCode.LIMIT_EXCEEDED,
    }
)
"""What GraphQL over HTTP answers with 200 to a client that accepts only `application/json`."""

MAY_BE_RETRIED = frozenset(
    {ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE, ErrorCode.OVERLOADED, ErrorCode.BUSY}
)
"""What is answered with `Retry-After`."""


def graphql_error(code: ErrorCode, message: str | None = None, **more: Any) -> GraphQLError:
    """A top-level error with `code`, to be raised by a resolver or put into a result."""
    return GraphQLError(message or code.sentence, extensions={"code": code.name, **more})


def code_of(error: GraphQLError) -> ErrorCode | None:
    """The code that an error carries, or None when it carries none of the catalogue."""
    return ErrorCode.__members__.get(str((error.extensions or {}).get("code")))
