"""Execution over HTTP, restricted by method and media type to kinds of operation."""

from typing import Any, TypeAlias

from strawberry import Schema
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult

from schema.context import Context
from schema.core.error_codes import ErrorCode
from schema.core.upstream import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
    OperationType,
    StreamResult,
)
from schema.network.refusals import Refused

Result: TypeAlias = ExecutionResult | StreamResult


async def execute(schema: Schema, method: str, data: GraphQLRequestData, context: Context) -> Result:
    """Execute a query with GET, a query or mutation with POST, and a subscription as an event stream."""
    operation: dict[str, Any] = {
        "query": data.query,
        "variable_values": data.variables,
        "context_value": context,
        "operation_name": data.operation_name,
        "operation_extensions": data.extensions,
    }
    if data.protocol == "sse":
        return await schema.stream(**operation, allowed_operation_types={OperationType.SUBSCRIPTION})
    allowed = {OperationType.QUERY} if method == "GET" else {OperationType.QUERY, OperationType.MUTATION}
    try:
        return await schema.execute(**operation, allowed_operation_types=allowed)
    except CannotGetOperationTypeError:
        raise Refused(ErrorCode.OPERATION_RESOLUTION_FAILURE, "The document has no such operation.") from None
    except InvalidOperationTypeError as error:
        raise _refused(error.operation_type) from None


def _refused(kind: OperationType) -> Refused:
    if kind is OperationType.MUTATION:
        return Refused(ErrorCode.METHOD_NOT_ALLOWED, "Send mutations with POST.", headers={"Allow": "POST"})
    return Refused(ErrorCode.BAD_REQUEST, "Subscribe over WebSocket, or accept text/event-stream.")
