"""Every name of graphql-core, Strawberry and strawberry-django that they do not document, and why it is needed.

Whatever else the project uses of theirs is documented, which tests/architecture/test_upstream_names.py holds. All are
pinned exactly. tests/schema/core/test_upstream.py tells what an upgrade moves or changes of what stands here, and of
the members of theirs that our classes override or call.
"""

from asyncio import Task
from collections.abc import AsyncIterator
from typing import Any

from cross_web import StarletteRequestAdapter
from graphql import GraphQLResolveInfo, GraphQLSchema
from graphql.language.ast import QUERY_DOCUMENT_KEYS  # visits of a document leave out what no rule reads
from graphql.pyutils import (  # places of errors; what is awaited ends with what failed
    Path,
    gather_with_cancel,
)
from graphql.validation.validate import (
    FragmentNestingVisitor,  # fragments nested too deeply are refused before a rule follows them
    ValidationAbortedError,  # OverlappingFieldsCanBeMergedRule ends so when its budget is used up
)
from starlette.datastructures import State
from strawberry import Schema
from strawberry.annotation import StrawberryAnnotation  # `computed` has no resolver to take its type from
from strawberry.asgi import ASGIWebSocketAdapter  # bounds frames, and sends text
from strawberry.exceptions import MissingQueryError  # gets its code
from strawberry.http.base import BaseRequestProtocol  # whether a browser asks for GraphiQL
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived  # close a WebSocket
from strawberry.schema.exceptions import (  # get their codes and statuses
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.schema.schema import (
    StrawberryGraphQLCoreExecutionContext,  # the executor derives from it
    StreamResult,  # the type of what a subscription over SSE gives
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema.validation_rules.maybe_null import (
    MaybeNullValidationRule,  # we run the rules ourselves
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,  # one operation of a WebSocket, which we execute with a place, a price and a deadline
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (  # messages that we look into
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types import ExecutionContext
from strawberry.types.arguments import (  # arguments before a field is resolved
    StrawberryArgument,
    convert_arguments,
)
from strawberry.types.base import StrawberryContainer, get_object_definition  # which node a field leads to
from strawberry.types.execution import PreExecutionError, StreamExecutionResult  # results to mask and to send
from strawberry.types.field import UNRESOLVED, StrawberryField  # the field that ours derive from
from strawberry.types.fields.resolver import StrawberryResolver  # its signature declares a field's arguments
from strawberry.types.graphql import OperationType  # kinds of operation that a method of HTTP allows
from strawberry.types.lazy_type import LazyType  # a type of another module, which a field leads to
from strawberry.utils.str_converters import to_camel_case  # paths of user errors are in the API's names
from strawberry_django.fields.field import (
    StrawberryDjangoField,  # columns take type and description of a model
)

__all__ = [
    "QUERY_DOCUMENT_KEYS",
    "UNRESOLVED",
    "ASGIWebSocketAdapter",
    "BaseRequestProtocol",
    "CannotGetOperationTypeError",
    "ConnectionInitMessage",
    "FragmentNestingVisitor",
    "InvalidOperationTypeError",
    "LazyType",
    "MaybeNullValidationRule",
    "Message",
    "MissingQueryError",
    "NonJsonMessageReceived",
    "NonTextMessageReceived",
    "Operation",
    "OperationType",
    "Path",
    "PreExecutionError",
    "StrawberryAnnotation",
    "StrawberryArgument",
    "StrawberryContainer",
    "StrawberryDjangoField",
    "StrawberryField",
    "StrawberryGraphQLCoreExecutionContext",
    "StrawberryResolver",
    "StreamExecutionResult",
    "StreamResult",
    "StreamedRequest",
    "SubscribeMessage",
    "TransportHandlerBase",
    "ValidationAbortedError",
    "convert_arguments",
    "definition_behind",
    "gather_with_cancel",
    "get_object_definition",
    "graphql_schema",
    "operation_name_given",
    "resolve_info",
    "strawberry_schema",
    "to_camel_case",
    "values_of_enum",
]


def graphql_schema(schema: Schema) -> GraphQLSchema:
    """graphql-core's schema beneath Strawberry's: documents are validated, measured and introspected with it."""
    return schema._schema


def strawberry_schema(schema: GraphQLSchema) -> Schema:
    """Strawberry's schema above graphql-core's: it knows how arguments are converted."""
    return schema._strawberry_schema  # type: ignore[attr-defined,no-any-return]


def definition_behind(published: Any) -> Any:
    """Strawberry's definition of a field or type of graphql-core's schema; None for what is not Strawberry's."""
    return published.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)


def values_of_enum(published: Any) -> Any:
    """The definitions of an enum's values, to be described."""
    return published.__strawberry_definition__.values


def resolve_info(info: Any) -> GraphQLResolveInfo[Any]:
    """graphql-core's `info` inside Strawberry's, for nodes of the document; its variables are a plain dict."""
    raw: GraphQLResolveInfo[Any] = info._raw_info
    return raw


def operation_name_given(context: ExecutionContext) -> str | None:
    """The operation that the client named; the public name is that of the first one where none was."""
    return context._provided_operation_name


class StreamedRequest(StarletteRequestAdapter):
    """A request as Strawberry reads it, whose body can be read in parts."""

    def chunks(self) -> AsyncIterator[bytes]:
        return self._request.stream()

    @property
    def state(self) -> State:
        """What belongs to the request, whichever way it goes."""
        return self._request.state


class TransportHandlerBase(BaseGraphQLTransportWSHandler[Any, None]):
    """One WebSocket connection, which is told of the tasks that end."""

    def task_ended(self, task: Task[None]) -> None:
        """Called when an operation, or waiting for the first message, has ended, however it did."""

    def _task_done(self, task: Task[None]) -> None:
        self.task_ended(task)
