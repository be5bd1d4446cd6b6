"""Query documents: parsed, validated and measured once, and kept, because clients send the same ones again.

What depends on the variables or on the person asking is decided for every request, outside of what is kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
)
from graphql import validate as validate_document
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from schema.core import limits
from schema.core.error_codes import ErrorCode, graphql_error
from schema.core.input_values import refuse_literals, refuse_variables
from schema.core.rate_limits import facts_of

DOCUMENTS_KEPT = 128
NESTED_TOO_DEEPLY = "Validation aborted."
"""What graphql-core says, without naming a fault, of fragments that it would have to follow too deeply."""


@dataclass(frozen=True)
class PreparedDocument:
    """A parsed document, what is wrong with it, and the shapes of its operations when nothing is."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    shapes: dict[str | None, limits.Shape]

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation called `name`, or the only one there is when it is None; else None."""
        operations = [
            definition
            for definition in self.document.definitions
            if isinstance(definition, OperationDefinitionNode)
            and (name is None or (definition.name and definition.name.value == name))
        ]
        return operations[0] if len(operations) == 1 else None


@lru_cache(maxsize=DOCUMENTS_KEPT)
def prepare(schema: Schema, query: str) -> PreparedDocument:
    """Parse, validate and measure `query`. Raises GraphQLSyntaxError."""
    document = parse(query, max_tokens=settings.MAX_TOKENS)
    errors = refuse_literals(document)
    shapes: dict[str | None, limits.Shape] = {}
    try:
        errors = errors or _faults(schema, document)
        shapes = {} if errors else limits.measure(schema._schema, document)
    except RecursionError:
        errors = [graphql_error(ErrorCode.LIMIT_EXCEEDED, "The query is nested too deeply to be read.")]
    return PreparedDocument(document, tuple(errors), shapes)


def _faults(schema: Schema, document: DocumentNode) -> list[GraphQLError]:
    """Where the document does not fit the schema. Raises RecursionError when that cannot be found out."""
    found = validate_document(schema._schema, document, (*specified_rules, MaybeNullValidationRule))
    if any(error.message == NESTED_TOO_DEEPLY for error in found):
        raise RecursionError
    return found


def operation_type(schema: Schema, query: str, name: str | None) -> OperationType | None:
    """What kind of operation would be executed, or None when none can be."""
    with suppress(GraphQLSyntaxError):
        if operation := prepare(schema, query).operation(name):
            return operation.operation
    return None


def points_of(schema: Schema, query: str, name: str | None, variables: Mapping[str, Any] | None) -> int:
    """What the operation draws: its cost, or the least when it will be refused for what it is."""
    try:
        prepared = prepare(schema, query)
    except GraphQLSyntaxError:
        return limits.LEAST_COST
    operation = prepared.operation(name)
    if operation is None or prepared.errors:
        return limits.LEAST_COST
    shape = prepared.shapes[operation.name.value if operation.name else None]
    cost = shape.cost(limits.variables_with_defaults(operation, variables or {}))
    return max(cost, limits.LEAST_COST) if cost <= settings.MAX_COST else limits.LEAST_COST


class Documents(SchemaExtension):
    """Takes documents from the kept ones, and refuses operations that are too large.

    A document that cannot be parsed is left to Strawberry, which turns its error into a result; an exception
    raised here would be none.
    """

    _cost: int | None = None

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = settings.MAX_TOKENS
        yield

    def on_parse(self) -> Iterator[None]:
        with suppress(GraphQLSyntaxError):
            self.execution_context.graphql_document = self._prepared().document
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = self._refusals()
        yield

    def get_results(self) -> dict[str, Any]:
        if self._cost is None:
            return {}
        return {"cost": {"requested": self._cost, **facts_of(self.execution_context.context.draw)}}

    def _prepared(self) -> PreparedDocument:
        context = self.execution_context
        return prepare(context.schema, context.query or "")

    def _refusals(self) -> list[GraphQLError]:
        prepared = self._prepared()
        name = self.execution_context._provided_operation_name  # the public name is that of the first
        operation = prepared.operation(name)
        if operation is None:
            return [graphql_error(ErrorCode.OPERATION_RESOLUTION_FAILURE)]
        variables = self.execution_context.variables
        if errors := [*prepared.errors] or refuse_variables(variables):
            return errors
        shape = prepared.shapes[operation.name.value if operation.name else None]
        self._cost = shape.cost(limits.variables_with_defaults(operation, variables or {}))
        return limits.refuse(operation, shape, self._cost)
