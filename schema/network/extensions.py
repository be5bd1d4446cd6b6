"""What every operation passes through, whether it came by HTTP, SSE or WebSocket."""

from typing import Any

from graphql import GraphQLError, GraphQLInputObjectType
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from schema.core.upstream import definition_behind, graphql_schema
from schema.network.error_masking import ErrorMasking
from schema.network.operations import Documents

EXTENSIONS: list[type[SchemaExtension]] = [ErrorMasking, Documents]
"""Outermost first: errors are made public after everything else has had its say."""


class ApiSchema(Schema):
    """Strawberry's schema, with a log and with `@oneOf` of its own.

    The log is left to ErrorMasking, which knows a bug from a mistyped query. Inputs of which exactly one member is
    given are left to graphql-core: it tells where in the input the fault is, and Strawberry does not.
    """

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        for type_ in graphql_schema(self).type_map.values():
            if isinstance(type_, GraphQLInputObjectType):
                type_.is_one_of = definition_behind(type_).is_one_of
                type_.out_type = GraphQLInputObjectType.out_type  # type: ignore[method-assign]

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing."""
