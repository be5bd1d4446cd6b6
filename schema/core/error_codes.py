"""Every `extensions.code` of top-level `errors`, with its meaning and its HTTP status.

Refusals of the domain are no errors: they are `userErrors`, whose codes stand in courses/exceptions.py.
"""

from enum import Enum, StrEnum
from http import HTTPStatus
from typing import Any

from graphql import GraphQLError


class ErrorCode(Enum):
    """Error code: its HTTP status, default message, and remedy for authors of clients, as docs/errors.md prints it."""

    BAD_REQUEST = (
        HTTPStatus.BAD_REQUEST,
        "This is not a GraphQL request.",
        "Send a JSON object whose `query` is a GraphQL document, to a host name that this server answers for.",
    )
    GRAPHQL_PARSE_FAILED = (
        HTTPStatus.BAD_REQUEST,
        "The query is not valid GraphQL.",
        "Mend the document: the message says where it stops making sense.",
    )
    GRAPHQL_VALIDATION_FAILED = (
        HTTPStatus.BAD_REQUEST,
        "The query does not fit the schema.",
        "Compare the document with `/schema.graphql`.",
    )
    OPERATION_RESOLUTION_FAILURE = (
        HTTPStatus.BAD_REQUEST,
        "Say with `operationName` which operation of the document to execute.",
        "Name one operation that the document has.",
    )
    PERSISTED_QUERY_NOT_FOUND = (
        HTTPStatus.OK,
        "PersistedQueryNotFound",
        "Send the document beside its hash once, as Apollo's clients do by themselves.",
    )
    BAD_USER_INPUT = (
        HTTPStatus.BAD_REQUEST,
        "A variable or argument is not valid.",
        "Mend the value that the message names.",
    )
    LIMIT_EXCEEDED = (
        HTTPStatus.BAD_REQUEST,
        "The query is larger than this server executes.",
        "Ask for less: the message names the limit and the actual value, `extensions.limit` which one it is.",
    )
    UNAUTHENTICATED = (
        HTTPStatus.UNAUTHORIZED,
        "Sign in, or send `Authorization: Bearer <token>`.",
        "Sign in, or send a token that has neither expired nor been revoked.",
    )
    FORBIDDEN = (
        HTTPStatus.FORBIDDEN,
        "This is not allowed.",
        "With a session cookie, send a `GraphQL-Preflight` header or the CSRF token as `X-CSRFToken`.",
    )
    DOCUMENT_NOT_TRUSTED = (
        HTTPStatus.FORBIDDEN,
        "Without an access token this server executes trusted documents only.",
        "Have the operator trust the documents of your build, or send an access token.",
    )
    TOKEN_SCOPE_MISSING = (
        HTTPStatus.FORBIDDEN,
        "This access token was not made for this.",
        "Use a token that has the scope which the message names.",
    )
    NOT_FOUND = (
        HTTPStatus.NOT_FOUND,
        "There is nothing here with this id that you may see.",
        "Check the id or the `documentId` that you name: what is missing and what is not visible are one answer.",
    )
    CURSOR_EXPIRED = (
        HTTPStatus.GONE,
        "The events after this cursor are no longer kept.",
        "Begin again without `after`, and read anew what you keep.",
    )
    METHOD_NOT_ALLOWED = (
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Send GET for queries, or POST.",
        "Use a method that the `Allow` header names. Mutations need POST.",
    )
    NOT_ACCEPTABLE = (
        HTTPStatus.NOT_ACCEPTABLE,
        "Accept application/graphql-response+json, application/json, or text/event-stream to subscribe.",
        "Send an `Accept` header with one of these media types.",
    )
    REQUEST_TIMEOUT = (
        HTTPStatus.REQUEST_TIMEOUT,
        "The request took too long to arrive.",
        "Send the whole body at once, and look at the network in between.",
    )
    PAYLOAD_TOO_LARGE = (
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The request is too large.",
        "Send less: the message names the limit.",
    )
    UNSUPPORTED_MEDIA_TYPE = (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Send the request as `Content-Type: application/json`, in UTF-8 and not compressed.",
        "Set the header, and compress nothing.",
    )
    RATE_LIMITED = (
        HTTPStatus.TOO_MANY_REQUESTS,
        "You have asked for too much in too short a time.",
        "Wait as long as `Retry-After` says. `extensions.cost` tells the points that each answer leaves.",
    )
    INTERNAL = (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on our side.",
        "Report it with `extensions.errorId`, by which the server's log knows it.",
    )
    UNAVAILABLE = (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database cannot be reached. Please try again soon.",
        "Wait as `Retry-After` says, longer each time. After a mutation look first whether it was carried out.",
    )
    OVERLOADED = (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The server is busy. Please try again in a moment.",
        "Try again after `Retry-After`. Nothing was executed.",
    )
    BUSY = (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Somebody else is changing the same thing at this moment. Please try again.",
        "Try again after `Retry-After`. Nothing of this field was written.",
    )
    TIMEOUT = (
        HTTPStatus.GATEWAY_TIMEOUT,
        "This took too long and was stopped. Please ask for less.",
        "Ask for less at once. After a mutation look first whether it was carried out.",
    )

    def __init__(self, status: HTTPStatus, sentence: str, remedy: str) -> None:
        self.status = status
        self.sentence = sentence
        self.remedy = remedy


class Limit(StrEnum):
    """Limit of a request's size."""

    TOKENS = "TOKENS"
    READING_STEPS = "READING_STEPS"
    NESTING = "NESTING"
    NAME_LENGTH = "NAME_LENGTH"
    NUMBER_LENGTH = "NUMBER_LENGTH"
    VARIABLE_DEPTH = "VARIABLE_DEPTH"
    DEPTH = "DEPTH"
    ALIASES = "ALIASES"
    COST = "COST"
    MUTATION_FIELDS = "MUTATION_FIELDS"
    SUBSCRIPTIONS = "SUBSCRIPTIONS"
    OPERATIONS = "OPERATIONS"


WELL_FORMED_REQUEST = frozenset(
    {
        ErrorCode.GRAPHQL_PARSE_FAILED,
        ErrorCode.GRAPHQL_VALIDATION_FAILED,
        ErrorCode.BAD_USER_INPUT,
        ErrorCode.LIMIT_EXCEEDED,
    }
)
"""Codes of well-formed requests: status 200 for a client that accepts only `application/json` (GraphQL over HTTP)."""

MAY_BE_RETRIED = frozenset(
    {ErrorCode.RATE_LIMITED, ErrorCode.UNAVAILABLE, ErrorCode.OVERLOADED, ErrorCode.BUSY}
)
"""Codes whose responses carry `Retry-After`."""


def graphql_error(code: ErrorCode, message: str | None = None, **more: Any) -> GraphQLError:
    """Build a top-level error with `code`, to be raised by a resolver or put into a result."""
    return GraphQLError(message or code.sentence, extensions={"code": code.name, **more})


def limit_exceeded(limit: Limit, message: str) -> GraphQLError:
    """Build the error of a request that is larger than a limit, which `extensions.limit` names."""
    return graphql_error(ErrorCode.LIMIT_EXCEEDED, message, limit=limit)


def code_of(error: GraphQLError) -> ErrorCode | None:
    """Return the code of an error, or None when it has none of the catalogue."""
    return ErrorCode.__members__.get(str((error.extensions or {}).get("code")))
