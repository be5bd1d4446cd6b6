"""Undocumented names of graphql-core, Strawberry and strawberry-django that we use, each with its reason.

Whatever else the project uses of theirs is documented: tests/architecture/test_upstream_names.py checks that. All are
pinned exactly. tests/schema/core/test_upstream.py detects names that an upgrade moves or changes, and changed members
that our classes override or call.
"""

from asyncio import Task
from typing import Any

from cross_web import StarletteRequestAdapter
from graphql import GraphQLResolveInfo, GraphQLSchema
from graphql.language.ast import QUERY_DOCUMENT_KEYS  # visits skip the members that no rule reads
from graphql.validation.validate import (
    FragmentNestingVisitor,  # refuses fragments nested too deeply before a rule follows them
    ValidationAbortedError,  # raised by OverlappingFieldsCanBeMergedRule past its budget
)
from starlette.datastructures import State
from starlette.types import Receive
from strawberry import Schema
from strawberry.annotation import StrawberryAnnotation  # type of `computed` fields, which have no resolver
from strawberry.asgi import ASGIWebSocketAdapter  # base of TextFrames, which bounds frames and sends text
from strawberry.exceptions import MissingQueryError  # mapped to a code
from strawberry.http.base import BaseRequestProtocol  # argument of the method that decides about GraphiQL
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived  # close a WebSocket
from strawberry.http.websocket_origin import is_same_origin  # compares a page's origin with the host
from strawberry.schema.exceptions import (  # mapped to codes and statuses
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.schema.schema import (
    StrawberryGraphQLCoreExecutionContext,  # base of the executor
    StreamResult,  # type of a subscription's result over SSE
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema.validation_rules.maybe_null import (
    MaybeNullValidationRule,  # we run the rules ourselves
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,  # operation of a WebSocket, which we execute with admission, cost and deadline
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (  # messages that we validate
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types import ExecutionContext
from strawberry.types.arguments import (  # conversion of arguments before a field is resolved
    StrawberryArgument,
    convert_arguments,
)
from strawberry.types.base import StrawberryContainer, get_object_definition  # node type of a field
from strawberry.types.execution import PreExecutionError, StreamExecutionResult  # results to mask and to send
from strawberry.types.field import UNRESOLVED, StrawberryField  # base of our fields
from strawberry.types.fields.resolver import StrawberryResolver  # its signature declares a field's arguments
from strawberry.types.graphql import OperationType  # kinds of operation that an HTTP method allows
from strawberry.types.lazy_type import LazyType  # lazy reference to a type of another module
from strawberry.utils.str_converters import to_camel_case  # user errors have paths in the API's names
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
    "get_object_definition",
    "graphql_schema",
    "is_same_origin",
    "operation_name_given",
    "resolve_info",
    "strawberry_schema",
    "to_camel_case",
    "values_of_enum",
]


def graphql_schema(schema: Schema) -> GraphQLSchema:
    """Return graphql-core's schema beneath Strawberry's: it validates, measures and introspects documents."""
    return schema._schema


def strawberry_schema(schema: GraphQLSchema) -> Schema:
    """Return Strawberry's schema above graphql-core's: it converts arguments."""
    return schema._strawberry_schema  # type: ignore[attr-defined,no-any-return]


def definition_behind(published: Any) -> Any:
    """Return Strawberry's definition of a graphql-core field or type; None for one that is not Strawberry's."""
    return published.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)


def values_of_enum(published: Any) -> Any:
    """Return the definitions of an enum's values, to set their descriptions."""
    return published.__strawberry_definition__.values


def resolve_info(info: Any) -> GraphQLResolveInfo[Any]:
    """Return graphql-core's `info` inside Strawberry's, for nodes of the document; its variables are a plain dict."""
    raw: GraphQLResolveInfo[Any] = info._raw_info
    return raw


def operation_name_given(context: ExecutionContext) -> str | None:
    """Return the `operationName` that was given; the public attribute falls back to the first operation's."""
    return context._provided_operation_name


class StreamedRequest(StarletteRequestAdapter):
    """Strawberry's request adapter, with the messages of the body."""

    @property
    def receive(self) -> Receive:
        return self._request.receive

    @property
    def state(self) -> State:
        """State of the request, shared by the short and the general way."""
        return self._request.state


class TransportHandlerBase(BaseGraphQLTransportWSHandler[Any, None]):
    """Handler of one WebSocket connection, with a hook for tasks that end."""

    def task_ended(self, task: Task[None]) -> None:
        """Handle the end, in success or failure, of an operation's task or of the wait for `connection_init`."""

    def _task_done(self, task: Task[None]) -> None:
        self.task_ended(task)
