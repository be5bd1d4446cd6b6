"""The kinds of field that output types are made of, beside Strawberry's plain ones.

* `Column`: a column, property or annotation of the row at hand. No resolver, no `Info`: the cheapest field.
* `computed(...)`: a value that a function of the row alone gives.
* `declared(...)`: a relation or fact declared in schema/dataloaders. Filled by look-ahead, else batched.
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
from schema.dataloaders.base import AdviceOn, Declaration, Fact
from schema.dataloaders.plans import Columns, Plan, union


class Column(StrawberryDjangoField):
    """An attribute of the row, read as it stands; described by the model field's help text."""

    is_basic_field = True
    computed_from: frozenset[str] | None = None
    """The columns that the value is computed from, where it is no column itself."""

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """None: neither filters nor pages belong to a column, also when its type is a model's."""
        return []

    @arguments.setter
    def arguments(self, _given: list[StrawberryArgument]) -> None:
        """Take none."""

    @cached_property
    def read(self) -> Callable[[Any], Any]:
        """What takes the value from a row."""
        return attrgetter(self.django_name or self.python_name)

    @property
    def columns(self) -> frozenset[str]:
        """The columns that `read` needs of a row."""
        if self.computed_from is not None:
            return self.computed_from
        return frozenset({self.django_name or self.python_name})

    def reader(self, node: FieldNode) -> Callable[[Any], Any]:
        """What takes the value from a row, for what is asked at `node`."""
        return self.read

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        return self.read(source)

    def __copy__(self) -> "Column":
        copied: Column = super().__copy__()
        copied.computed_from = self.computed_from
        return copied


def column(source: str, description: str | None = None, *, columns: Iterable[str] | None = None) -> Any:
    """A field over the attribute `source` of the row, where the API's name differs from the model's.

    A property names the `columns` that it is computed from.
    """
    field = Column(django_name=source, description=description)
    field.computed_from = None if columns is None else frozenset(columns)
    return field


class Computed(Column):
    """A value that a function of the row alone gives: no arguments, no `Info`, and so no resolver's overhead."""

    compute: Callable[[Any], Any]

    @cached_property
    def read(self) -> Callable[[Any], Any]:
        return self.compute

    def reader(self, node: FieldNode) -> Callable[[Any], Any]:
        """Objects are made once: beneath the one that look-ahead made stands what it has filled."""
        return self.read if node.selection_set is None else partial(_made_before, self.compute)

    def __copy__(self) -> "Computed":
        copied: Any = super().__copy__()
        copied.compute = self.compute
        return copied  # type: ignore[no-any-return]


def _made_before(compute: Callable[[Any], Any], row: Any) -> Any:
    made = vars(row).get("_filled", _NOTHING)
    return made[compute, None] if (compute, None) in made else compute(row)


def computed(description: str, *, columns: Iterable[str] = ()) -> Callable[[Callable[[Any], Any]], Any]:
    """Publish a function `(row) -> value` as a field; its return annotation is the field's type.

    `columns` are the columns and annotations that it reads, beside the primary key: no others need be there.
    """

    def decorate(function: Callable[[Any], Any]) -> Any:
        annotation = StrawberryAnnotation(function.__annotations__["return"], namespace=function.__globals__)
        field = Computed(
            python_name=function.__name__,
            type_annotation=annotation,
            description=description,
            origin=function,
        )
        field.compute, field.computed_from = function, frozenset(columns)
        return field

    return decorate


@dataclass(frozen=True)
class Operation:
    """What all fields of one operation have in common."""

    schema: GraphQLSchema
    variables: VariableValues
    context: Context


NOT_FILLED: Any = object()
"""Stands for the value of a declared field that look-ahead has not filled."""

_NOTHING: dict[Any, Any] = {}


def _no_arguments() -> None:
    return None


class DeclaredField(StrawberryField):
    """A field whose value a declaration brings, to requests that have the scope of what it leads to."""

    declaration: Declaration
    request: Callable[..., Hashable]
    present: Callable[[Any, Any], Any] | None
    shown_if: str | None
    columns: frozenset[str]
    own_scope: Scope | None

    @cached_property
    def scope(self) -> Scope | None:
        """The scope a token needs: the one the field names, or that of the type it leads to.

        None where a mutation shows what it has written: its own scope covers that.
        """
        if getattr(self.origin, "covered_by_its_mutation", False):
            return None
        return self.own_scope or scope_of_type(self.type)

    def is_open_to(self, context: Context) -> bool:
        return self.scope is None or context.has_scope(self.scope)

    def request_of(self, definition: GraphQLField, node: FieldNode, operation: Operation) -> Hashable:
        """What the arguments at `node` ask of every parent. Raises GraphQLError when they cannot be met."""
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
        """What takes the value from a parent that look-ahead has filled, NOT_FILLED from another one.

        None where reading must be refused, or its arguments.
        """
        if not self.is_open_to(operation.context):
            return None
        try:
            key = self.declaration, self.request_of(definition, node, operation)
        except GraphQLError:
            return None
        present = self.present

        def read(parent: Any) -> Any:
            value = vars(parent).get("_filled", _NOTHING).get(key, NOT_FILLED)
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
        """Whether what is asked beneath the field is asked of what was loaded for it."""
        return self.present is None or self.shown_if is not None

    def columns_of_parent(self, then: Plan) -> Columns:
        """The columns of a parent that are needed, where `then` is asked of what is loaded."""
        return union((self.columns, self.declaration.columns_of_parent(then)))

    @property
    def directives(self) -> list[object]:
        """What is published beside the description: the scope."""
        return [RequiresScope(scope=self.scope)] if self.scope else []

    @directives.setter
    def directives(self, _given: list[object]) -> None:
        """Take none: the base class sets them, and the scope follows from the type."""

    def __copy__(self) -> "DeclaredField":
        """A copy that finds out its scope by itself: types are copied before it can be known."""
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
        if self.base_resolver is not None:  # another one than `request` where the type is generic
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
    """A field that `declaration` brings.

    `request` turns the field's arguments, which its signature declares, into the hashable request that the
    declaration is loaded with. `present(parent, value)` turns what was loaded into the field's value, where
    several fields show one thing that is loaded; `columns` are those that it reads of the parent. `shown_if`
    names the column of the parent without which the field is null. `scope` is what a token needs for it; a field
    that leads to a node, a list or a connection of nodes need not say, because the type does.
    """
    assert present is None or isinstance(declaration, Fact | AdviceOn), "rows are shown as they are"
    field = DeclaredField(base_resolver=StrawberryResolver(request), description=description)
    field.declaration, field.request, field.shown_if = declaration, request, shown_if
    field.present = partial(_shown_if, shown_if) if shown_if else present
    field.columns = frozenset(columns) | ({shown_if} if shown_if else set())
    field.own_scope = scope
    return field


def _shown_if(condition: str, parent: Any, value: Any) -> Any:
    return value if getattr(parent, condition) else None


def described(description: str) -> Any:
    """A plain field of an object that is not a row, with its description."""
    return strawberry.field(description=description)
