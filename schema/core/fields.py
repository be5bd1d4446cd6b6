"""Field kinds of output types, beside Strawberry's plain ones.

* `Column`: a column, property or annotation of the row. No resolver, no `Info`: the cheapest field.
* `computed(...)`: a pure function of the row.
* `same_row(...)`: the row itself, as an object of another type.
* `declared(...)`: a relation or fact declared in schema/dataloaders. Prefetched by look-ahead, else batched.
* `query(...)`: a root field, which names the scope that it needs.

A declared field that leads to a node needs the scope of that node's type (schema/core/scopes.py).
"""

from asyncio import isfuture
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from operator import attrgetter
from typing import Any

import strawberry
from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLSchema, VariableValues, get_argument_values

from courses.constants import Scope
from schema.context import Context
from schema.core.permissions import RequiresScope, scope_missing
from schema.core.scopes import scope_of_type
from schema.core.upstream import (
    StrawberryAnnotation,
    StrawberryArgument,
    StrawberryDjangoField,
    StrawberryField,
    StrawberryResolver,
    convert_arguments,
    strawberry_schema,
)
from schema.dataloaders.base import Declaration, Fact, Made
from schema.dataloaders.plans import Columns, Plan, union


class Column(StrawberryDjangoField):
    """Attribute of the row, read unchanged; described by the model field's help text."""

    is_basic_field = True
    computed_from: frozenset[str] | None = None
    """Projection of a value that is computed and no column itself."""
    in_sql: Any = None
    """Computed value as an expression over columns and annotations of the row, for the statement of a whole query."""

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """Always empty: a column has neither filters nor pages, even when its type is a model's."""
        return []

    @arguments.setter
    def arguments(self, _given: list[StrawberryArgument]) -> None:
        """Ignore the base class's arguments."""

    @cached_property
    def read(self) -> Callable[[Any], Any]:
        """Accessor of the value on a row."""
        return attrgetter(self.django_name or self.python_name)

    @property
    def columns(self) -> frozenset[str]:
        """Projection: the columns of a row that `read` needs."""
        if self.computed_from is not None:
            return self.computed_from
        return frozenset({self.django_name or self.python_name})

    def reader(self, node: FieldNode) -> Callable[[Any], Any]:
        """Return the accessor of the value on a row, for the selection of `node`."""
        return self.read

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        return self.read(source)

    def __copy__(self) -> "Column":
        copied: Column = super().__copy__()
        copied.computed_from, copied.in_sql = self.computed_from, self.in_sql
        return copied


def column(
    source: str, description: str | None = None, *, columns: Iterable[str] | None = None, in_sql: Any = None
) -> Any:
    """Declare a field over the attribute `source` of the row, where the API's name differs from the model's.

    A property names the `columns` that it is computed from, and the same `in_sql`.
    """
    field = Column(django_name=source, description=description)
    field.computed_from = None if columns is None else frozenset(columns)
    field.in_sql = in_sql
    return field


class SameRow(Column):
    """The row itself, as an object of another type: what is selected beneath is read of the same row."""

    @property
    def columns(self) -> frozenset[str]:
        """Projection: none for the field itself."""
        return frozenset()

    @cached_property
    def read(self) -> Callable[[Any], Any]:
        """Identity."""
        return lambda row: row


def same_row(description: str) -> Any:
    """Declare a field that shows the row as an object of another type."""
    return SameRow(description=description)


class Computed(Column):
    """Pure function of the row: no arguments, no `Info`, and so no resolver's overhead."""

    compute: Callable[[Any], Any]
    is_lasting = False
    """True for a value that never changes, of objects that have a `lasting_key`."""

    @cached_property
    def read(self) -> Callable[[Any], Any]:
        return self.compute

    def reader(self, node: FieldNode) -> Callable[[Any], Any]:
        """Return the accessor; of an object, one that reuses the instance that look-ahead made and filled."""
        return self.read if node.selection_set is None else partial(_made_before, self.compute)

    def __copy__(self) -> "Computed":
        copied: Any = super().__copy__()
        copied.compute, copied.is_lasting = self.compute, self.is_lasting
        return copied  # type: ignore[no-any-return]


def _made_before(compute: Callable[[Any], Any], row: Any) -> Any:
    made = vars(row).get("_filled", _NOTHING)
    return made[compute, None] if (compute, None) in made else compute(row)


def computed(
    description: str, *, columns: Iterable[str] = (), in_sql: Any = None, lasting: bool = False
) -> Callable[[Callable[[Any], Any]], Any]:
    """Publish a pure function `(row) -> value` as a field; its return annotation is the field's type.

    `columns` are the columns and annotations that it reads, beside the primary key: no others need be loaded. `in_sql`
    is the same as an expression, for fields that are asked of many rows; without it Python makes the value there too.
    A `lasting` value never changes for the same `lasting_key` of the object, so that its JSON is kept in memory.
    """

    def decorate(function: Callable[[Any], Any]) -> Any:
        annotation = StrawberryAnnotation(function.__annotations__["return"], namespace=function.__globals__)
        field = Computed(
            python_name=function.__name__,
            type_annotation=annotation,
            description=description,
            origin=function,
        )
        field.compute, field.computed_from, field.in_sql = function, frozenset(columns), in_sql
        field.is_lasting = lasting
        return field

    return decorate


@dataclass(frozen=True)
class Operation:
    """State that the fields of one operation share."""

    schema: GraphQLSchema
    variables: VariableValues
    context: Context


NOT_FILLED: Any = object()
"""Marker of a declared field's value that was not prefetched."""

_NOTHING: dict[Any, Any] = {}


def _no_arguments() -> None:
    return None


class DeclaredField(StrawberryField):
    """Field whose value a declaration loads, for requests that have the scope of the type it leads to."""

    declaration: Declaration
    request: Callable[..., Hashable]
    present: Callable[[Any, Any], Any] | None
    shown_if: str | None
    columns: frozenset[str]
    own_scope: Scope | None

    @cached_property
    def scope(self) -> Scope | None:
        """Scope that a token needs: the field's own, or that of the type it leads to.

        Without one of its own, none inside a mutation's payload, which the mutation's own scope covers.
        """
        if self.own_scope is None and getattr(self.origin, "covered_by_its_mutation", False):
            return None
        return self.own_scope or scope_of_type(self.type)

    def is_open_to(self, context: Context) -> bool:
        return self.scope is None or context.has_scope(self.scope)

    def request_of(self, definition: GraphQLField, node: FieldNode, operation: Operation) -> Hashable:
        """Convert the arguments at `node` to the declaration's request. Raises GraphQLError for invalid ones."""
        requests, key = operation.context.requests, (id(definition), id(node))
        if key not in requests:
            schema = strawberry_schema(operation.schema)
            converted = convert_arguments(
                get_argument_values(definition, node, operation.variables),
                self.arguments,
                scalar_registry=schema.schema_converter.scalar_registry,
                config=schema.config,
            )
            requests[key] = self.request(**converted)
        return requests[key]

    def reader(
        self, definition: GraphQLField, node: FieldNode, operation: Operation
    ) -> Callable[[Any], Any] | None:
        """Compile the accessor of the prefetched value on a parent; it returns NOT_FILLED where there is none.

        A parent without a key needs none: the value is the default.
        None where the scope is missing, or the arguments are invalid.
        """
        if not self.is_open_to(operation.context):
            return None
        declaration, present = self.declaration, self.present
        try:
            key = declaration, self.request_of(definition, node, operation)
        except GraphQLError:
            return None

        def read(parent: Any) -> Any:
            value = vars(parent).get("_filled", _NOTHING).get(key, NOT_FILLED)
            if value is NOT_FILLED and declaration.key_of(parent) is None:
                value = declaration.missing(None, key[1])
            return value if present is None or value is NOT_FILLED else present(parent, value)

        return read

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        context = info.context
        if self.scope is not None and not context.has_scope(self.scope):
            raise scope_missing(self.scope)
        value = context.loaders.value(source, self.declaration, self.request(**kwargs))
        if self.present is None:
            return value
        return self._presented_later(source, value) if isfuture(value) else self.present(source, value)

    async def _presented_later(self, source: Any, value: Awaitable[Any]) -> Any:
        assert self.present is not None
        return self.present(source, await value)

    @property
    def shows_rows(self) -> bool:
        """True where the selection beneath the field applies to the rows that were loaded."""
        return self.present is None or self.shown_if is not None

    def columns_of_parent(self, then: Plan) -> Columns:
        """Return the columns of a parent that are read, where `then` is the plan of the value."""
        return union((self.columns, self.declaration.columns_of_parent(then)))

    @property
    def directives(self) -> list[object]:
        """Published directives: the scope."""
        return [RequiresScope(scope=self.scope)] if self.scope else []

    @directives.setter
    def directives(self, _given: list[object]) -> None:
        """Ignore the base class's directives: the scope follows from the type."""

    def __copy__(self) -> "DeclaredField":
        """Return a copy that resolves its scope lazily: types are copied before it can be known."""
        copied: DeclaredField = declared(
            self.declaration,
            self.description or "",
            request=self.request,
            present=self.present,
            shown_if=self.shown_if,
            columns=self.columns,
            scope=self.own_scope,
        )
        copied.python_name, copied.graphql_name, copied.origin = self.name, self.graphql_name, self.origin
        copied.type_annotation = self.type_annotation
        if self.base_resolver is not None:  # differs from `request` where the type is generic
            copied.base_resolver = self.base_resolver
        return copied


def declared(
    declaration: Declaration,
    description: str,
    *,
    request: Callable[..., Hashable] = _no_arguments,
    present: Callable[[Any, Any], Any] | None = None,
    shown_if: str | None = None,
    columns: Iterable[str] = (),
    scope: Scope | None = None,
) -> Any:
    """Declare a field that `declaration` loads.

    `request` maps the field's arguments, which its signature declares, to the hashable request that the declaration
    is loaded with. `present(parent, value)` maps the loaded value to the field's value, where several fields show one
    loaded thing; `columns` are those that it reads of the parent. `shown_if` names the column of the parent without
    which the field is null. `scope` is the scope that a token needs; a field that leads to a node, a list or a
    connection of nodes inherits that of the type.
    """
    assert present is None or isinstance(declaration, Fact | Made), "rows are shown as they are"
    field = DeclaredField(base_resolver=StrawberryResolver(request), description=description)
    field.declaration, field.request, field.shown_if = declaration, request, shown_if
    field.present = partial(_shown_if, shown_if) if shown_if else present
    field.columns = frozenset(columns) | ({shown_if} if shown_if else set())
    field.own_scope = scope
    return field


def _shown_if(condition: str, parent: Any, value: Any) -> Any:
    return value if getattr(parent, condition) else None


def described(description: str) -> Any:
    """Declare a plain field, with its description, of an object that is no row."""
    return strawberry.field(description=description)
