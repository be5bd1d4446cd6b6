"""Error masking for HTTP, SSE and WebSocket: clients see a code, and of our bugs only an id to look them up by."""

import logging
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLSyntaxError, SourceLocation
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from schema.core.database_failures import failure_code
from schema.core.error_codes import ErrorCode, Limit, code_of
from schema.core.upstream import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
    MissingQueryError,
    PreExecutionError,
    StreamExecutionResult,
)
from schema.documents.spelling import places_in
from schema.network.input_paths import InputError, with_path

logger = logging.getLogger("schema.errors")

MAX_MESSAGE_LENGTH = 1_000
"""Maximum length of a message, in characters: it may echo what a client sent, but not all of it."""


class ErrorMasking(SchemaExtension):
    """Schema extension that sets code and path of every error in a result, and masks the text of our bugs."""

    _streamed = False

    def on_operation(self) -> Iterator[None]:
        yield
        if not self._streamed:
            _publish(self.execution_context.result, self.execution_context)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        self._streamed = True
        _publish(result, self.execution_context)
        yield


def _publish(result: object, context: ExecutionContext) -> None:
    if errors := getattr(result, "errors", None):
        before_execution = isinstance(result, PreExecutionError)
        published = [public_error(error, before_execution=before_execution) for error in errors]
        if document := context.graphql_document:
            published = [with_path(error, document) for error in published]
        positions = {position for error in published for position in error.positions or ()}
        places = places_in(context.query or "", positions) if positions else {}
        result.errors = [_located(error, places) for error in published]  # type: ignore[attr-defined]


def _located(error: GraphQLError, places: Mapping[int, SourceLocation]) -> GraphQLError:
    """Return the error with locations in the client's text, and its message truncated."""
    message = error.message
    if len(message) > MAX_MESSAGE_LENGTH:
        message = message[:MAX_MESSAGE_LENGTH] + "…"
    kind = InputError if isinstance(error, InputError) else GraphQLError
    located = kind(message, path=error.path, extensions=error.extensions)
    if error.positions:
        located.locations = [places[position] for position in error.positions]
    return located


def public_error(error: GraphQLError, *, before_execution: bool = False) -> GraphQLError:
    """Return `error` as clients may see it. An error that has a code already is kept."""
    if code_of(error) is not None:
        return error
    code, message = _code_and_message(error, before_execution=before_execution)
    extensions: dict[str, Any] = {"code": code.name}
    if code is ErrorCode.LIMIT_EXCEEDED:
        extensions["limit"] = Limit.TOKENS  # the others are errors of ours, with a code
    if code in (ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE):
        extensions["errorId"] = _logged(error)
    if code is ErrorCode.INTERNAL:
        message = f"{code.sentence} If you report it, name the error id {extensions['errorId']}."
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _code_and_message(error: GraphQLError, *, before_execution: bool) -> tuple[ErrorCode, str]:
    cause = _cause(error)
    if failure := failure_code(cause):
        return failure, failure.sentence
    if isinstance(error, GraphQLSyntaxError):
        code = ErrorCode.LIMIT_EXCEEDED if _has_too_many_tokens(error) else ErrorCode.GRAPHQL_PARSE_FAILED
        return code, error.message
    if isinstance(cause, CannotGetOperationTypeError | InvalidOperationTypeError | MissingQueryError):
        return ErrorCode.OPERATION_RESOLUTION_FAILURE, error.message
    if cause is not None or _is_about_a_returned_value(error):
        return ErrorCode.INTERNAL, ErrorCode.INTERNAL.sentence
    if before_execution:
        return ErrorCode.GRAPHQL_VALIDATION_FAILED, error.message
    return ErrorCode.BAD_USER_INPUT, error.message


def _has_too_many_tokens(error: GraphQLSyntaxError) -> bool:
    return "Parsing aborted" in error.message


def _cause(error: GraphQLError) -> Exception | None:
    """Return the exception that GraphQL's errors wrap, or None."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _is_about_a_returned_value(error: GraphQLError) -> bool:
    """Tell if graphql-core refused a resolver's return value: such an error points at a field, not at a value."""
    nodes = error.nodes or ()
    return error.path is not None and isinstance(next(iter(nodes), None), FieldNode)


def _logged(error: GraphQLError) -> str:
    error_id = secrets.token_hex(8)
    facts = {"error_id": error_id, "path": error.path}
    logger.error("error %s", error_id, exc_info=_cause(error) or error, extra={"facts": facts})
    return error_id
