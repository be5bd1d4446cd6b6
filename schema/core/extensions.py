"""What every operation passes through, whether it came by HTTP, SSE or WebSocket."""

from graphql import GraphQLError
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from schema.core.documents import Documents
from schema.core.error_masking import ErrorMasking

EXTENSIONS: list[type[SchemaExtension]] = [ErrorMasking, Documents]
"""Outermost first: errors are made public after everything else has had its say."""


class ApiSchema(Schema):
    """Strawberry's schema, which leaves the log to ErrorMasking: it knows a bug from a mistyped query."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing."""
