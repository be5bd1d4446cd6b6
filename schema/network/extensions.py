"""Schema and schema extensions that every transport shares."""

from typing import Any

from graphql import GraphQLError, GraphQLInputObjectType
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from schema.core.upstream import definition_behind, graphql_schema
from schema.network.error_masking import ErrorMasking
from schema.network.operations import Documents

EXTENSIONS: list[type[SchemaExtension]] = [ErrorMasking, Documents]
"""Outermost first: errors are masked after every other extension has run."""


class ApiSchema(Schema):
    """Strawberry's schema, without its error log and with graphql-core's `@oneOf`.

    ErrorMasking logs, which knows a bug from a mistyped query. graphql-core validates inputs of exactly one member: it
    gives the path of the fault inside the input, and Strawberry does not.
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
