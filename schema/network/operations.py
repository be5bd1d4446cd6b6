"""Operation of a request: its choice within the document, its cost, and its limits.

Everything that depends on variables or identity is decided here for every request, and not cached with the document.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import orjson
from django.conf import settings
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableValues,
    get_variable_values,
)
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from schema.context import Context
from schema.core.compiled_reads import EXECUTE, CompiledReads
from schema.core.error_codes import ErrorCode, graphql_error
from schema.core.upstream import graphql_schema, operation_name_given
from schema.documents import introspection
from schema.documents.cost import LEAST_COST, refuse
from schema.documents.input_values import refuse_variables
from schema.documents.reading import Document, PreparedDocument, prepare
from schema.execution.database_threads import database
from schema.network.rate_limits import facts_of

ONE_MUTATION = (
    "The header `Idempotency-Key` is for a request of one mutation. Give each of several an `idempotencyKey` in its "
    "input."
)


def points_of(prepared: PreparedDocument, name: str | None, variables: Mapping[str, Any] | None) -> int:
    """Return the points that the operation draws: its cost, or the least when it will be refused."""
    operation = prepared.operation(name)
    if operation is None or prepared.errors:
        return LEAST_COST
    _, cost = prepared.measured(operation, variables)
    return max(cost, LEAST_COST) if cost <= settings.MAX_COST else LEAST_COST


def coerced_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any] | None
) -> VariableValues | None:
    """Return the variables of an operation as its types have them; None where some do not fit."""
    coerced = get_variable_values(schema, operation.variable_definitions or (), dict(given or {}))
    return coerced if isinstance(coerced, VariableValues) else None


def may_have_been_executed(schema: Schema, query: str, name: str | None) -> OperationType | None:
    """The kind of operation of a request that was given up, or None when its document was not even read."""
    document = Document(schema, query)
    return document.read()[0].operation_type(name) if document.is_kept else None


def name_of_operation(prepared: PreparedDocument, name: str | None) -> str | None:
    """Return the operation's name for the log: the one in the request, or that of the only operation."""
    operation = prepared.operation(name)
    return operation.name.value if operation and operation.name else name


class Documents(SchemaExtension):
    """Takes documents from the kept ones, and refuses operations that are too large."""

    _cost: int | None = None
    _reads: CompiledReads | None = None

    def on_parse(self) -> Iterator[None]:
        prepared = self._prepared()
        context = self.execution_context.context
        if isinstance(context, Context) and context.compiles:
            context.reads = self._reads = prepared.reads
        is_readable = bool(prepared.document.definitions)
        self.execution_context.graphql_document = (
            prepared.document if is_readable else _stand_in(self.execution_context)
        )
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = self._refusals()
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        execution, prepared = self.execution_context, self._prepared()
        operation = prepared.operation(operation_name_given(execution))
        if operation and introspection.is_pure(operation):
            execution.result = await introspection.answer(execution.schema, prepared.document, operation)
        elif operation and operation.operation in EXECUTE and self._reads:
            execution.result = await self._compiled(self._reads, operation)
            execution.context.reads = None
        yield

    async def _compiled(
        self, reads: CompiledReads, operation: OperationDefinitionNode
    ) -> ExecutionResult | None:
        """Return the result of a query or mutation that is compiled, or None for the ordinary way."""
        execution = self.execution_context
        schema = graphql_schema(execution.schema)
        variables = coerced_variables(schema, operation, execution.variables)
        if variables is None:
            return None
        execute = EXECUTE[operation.operation]
        data = await database(execute, schema, reads, operation, variables, execution.context)
        return None if data is None else ExecutionResult(orjson.loads(data), None)

    def get_results(self) -> dict[str, Any]:
        if self._cost is None:
            return {}
        return {"cost": {"requested": self._cost, **facts_of(self.execution_context.context.draw)}}

    def _prepared(self) -> PreparedDocument:
        context = self.execution_context
        return prepare(context.schema, context.query or "")

    def _refusals(self) -> list[GraphQLError]:
        prepared = self._prepared()
        if not prepared.document.definitions:
            return [*prepared.errors]
        name = operation_name_given(self.execution_context)
        operation = prepared.operation(name)
        if operation is None:
            return [graphql_error(ErrorCode.OPERATION_RESOLUTION_FAILURE)]
        variables = self.execution_context.variables
        if errors := [*prepared.errors] or refuse_variables(variables):
            return errors
        shape, self._cost = prepared.measured(operation, variables)
        return refuse(operation, shape, self._cost) or self._refusals_of_key(prepared, operation)

    def _refusals_of_key(
        self, prepared: PreparedDocument, operation: OperationDefinitionNode
    ) -> list[GraphQLError]:
        """Refuse several mutations with one key in the request's header."""
        execution = self.execution_context
        if operation.operation is not OperationType.MUTATION or not execution.context.idempotency_key:
            return []
        schema = graphql_schema(execution.schema)
        variables = coerced_variables(schema, operation, execution.variables)
        if variables is None or len(prepared.reads.root_fields(schema, operation, variables)) < 2:
            return []
        return [graphql_error(ErrorCode.BAD_USER_INPUT, ONE_MUTATION)]


def _stand_in(context: ExecutionContext) -> DocumentNode:
    """An operation that is allowed, for Strawberry to look at until the reason comes why no document could be read."""
    name = operation_name_given(context)
    operation = OperationDefinitionNode(
        operation=OperationType(next(iter(context.allowed_operations)).value),
        name=NameNode(value=name) if name else None,
        selection_set=SelectionSetNode(selections=()),
    )
    return DocumentNode(definitions=(operation,))
