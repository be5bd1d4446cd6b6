"""The short way of a request: a POST of JSON with a known query or mutation, answered by one job on a database thread.

Nearly all requests of a page in use are of this kind. Who is asking, what it costs, whether it was forged, and the
operation itself need one visit to the database; Strawberry's view, its extensions and graphql-core's executor are left
out. Bounds, refusals, headers and log line are those of the general way, by the same functions. Whatever else a
request may be, and whatever would have to be told as an error of a field, goes the general way: paid for once, and
carried out once.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from graphql import OperationDefinitionNode, OperationType, VariableValues
from starlette.requests import Request
from strawberry import Schema

from courses.utils.json_text import InvalidJson, decode_json
from schema.context import Context
from schema.core.compiled_reads import carry_out, read
from schema.core.upstream import graphql_schema
from schema.documents.cost import LEAST_COST, refuse
from schema.documents.input_values import refuse_variables
from schema.documents.reading import Document, PreparedDocument
from schema.execution.database_threads import database
from schema.network.authentication import Authenticated, identify_and_charge
from schema.network.operations import coerced_variables
from schema.network.rate_limits import facts_of
from schema.network.request_body import BoundedRequest, request_data, require_json
from schema.network.sign_in import authorization_of, refuse_forged, refusing

_EXECUTE = {OperationType.QUERY: read, OperationType.MUTATION: carry_out}


@dataclass(frozen=True)
class KnownOperation:
    """Operation of a request, as far as it is known without the database."""

    schema: Schema
    prepared: PreparedDocument
    operation: OperationDefinitionNode
    variables: VariableValues
    cost: int

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation.name else None


async def known_operation(schema: Schema, request: Request) -> KnownOperation | None:
    """Return what a request asks, or None for one that has to go the general way. Refuses what that refuses."""
    if not settings.COMPILED_READS:
        return None
    require_json(request.headers)
    try:
        parameters = decode_json(await BoundedRequest(request).get_body(), "The request body")
    except InvalidJson:
        return None
    data = request_data(parameters, "http")
    document = request.state.document = Document(schema, data.query or "")
    if document.points or not document.is_kept:
        return None
    prepared, _ = document.read()
    operation = prepared.operation(data.operation_name)
    if prepared.errors or operation is None or operation.operation not in _EXECUTE:
        return None
    shape, cost = prepared.measured(operation, data.variables)
    if refuse_variables(data.variables) or refuse(operation, shape, cost):
        return None
    variables = coerced_variables(graphql_schema(schema), operation, data.variables)
    if variables is None:
        return None
    return KnownOperation(schema, prepared, operation, variables, max(cost, LEAST_COST))


async def answer(
    asked: KnownOperation, request: Request, context: Context
) -> tuple[Authenticated, bytes | None]:
    """Return the identity and the body of the reply, None when the general way has to give it."""
    with refusing():
        return await database(_answered, asked, request, context)


def _answered(
    asked: KnownOperation, request: Request, context: Context
) -> tuple[Authenticated, bytes | None]:
    authenticated = identify_and_charge(
        authorization_of(request), request.cookies, address=context.ip_address, points=asked.cost
    )
    refuse_forged(request, authenticated)
    context.identify(authenticated.identity, authenticated.draw)
    execute = _EXECUTE[asked.operation.operation]
    data = execute(
        graphql_schema(asked.schema), asked.prepared.reads, asked.operation, asked.variables, context
    )
    return authenticated, None if data is None else _body(data, asked.cost, authenticated)


def _body(data: dict[str, Any], cost: int, authenticated: Authenticated) -> bytes:
    return orjson.dumps(
        {"data": data, "extensions": {"cost": {"requested": cost, **facts_of(authenticated.draw)}}}
    )
