"""The kinds of field that output types are made of, beside Strawberry's plain ones.

* `Column`: a column, property or annotation of the row at hand. No resolver, no `Info`: the cheapest field.
* `computed(...)`: a value that a function of the row alone gives.
* `declared(...)`: a relation or fact declared in schema/dataloaders. Filled by look-ahead, else batched.
* `query(...)`: a root field, which names the scope that it needs.

A declared field that leads to a node needs the scope of that node's type (schema/core/scopes.py).
"""

from asyncio import isfuture
from collections.abc import Awaitable, Callable, Hashable
from functools import cached_property
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry_django.fields.field import StrawberryDjangoField

from courses.constants import Scope
from schema.context import Context
from schema.core.permissions import RequiresScope, scope_missing
from schema.core.scopes import scope_of_type
from schema.dataloaders.base import Declaration


class Column(StrawberryDjangoField):
    """An attribute of the row, read as it stands; described by the model field's help text."""

    is_basic_field = True

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """None: neither filters nor pages belong to a column, also when its type is a model's."""
        return []

    @arguments.setter
    def arguments(self, _given: list[StrawberryArgument]) -> None:
        """Take none."""

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        return getattr(source, self.django_name or self.python_name)


def column(source: str, description: str | None = None) -> Any:
    """A field over the attribute `source` of the row, where the API's name differs from the model's."""
    return Column(django_name=source, description=description)


class Computed(Column):
    """A value that a function of the row alone gives: no arguments, no `Info`, and so no resolver's overhead."""

    compute: Callable[[Any], Any]

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        return self.compute(source)

    def __copy__(self) -> "Computed":
        copied = super().__copy__()
        copied.compute = self.compute
        return copied


def computed(description: str) -> Callable[[Callable[[Any], Any]], Any]:
    """Publish a function `(row) -> value` as a field; its return annotation is the field's type."""

    def decorate(function: Callable[[Any], Any]) -> Any:
        annotation = StrawberryAnnotation(function.__annotations__["return"], namespace=function.__globals__)
        field = Computed(
            python_name=function.__name__,
            type_annotation=annotation,
            description=description,
            origin=function,
        )
        field.compute = function
        return field

    return decorate


def _no_arguments() -> None:
    return None


class DeclaredField(StrawberryField):
    """A field whose value a declaration brings, to requests that have the scope of what it leads to."""

    declaration: Declaration
    request: Callable[..., Hashable]
    present: Callable[[Any, Any], Any] | None
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

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        context = info._raw_info.context
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
    scope: Scope | None = None,
) -> Any:
    """A field that `declaration` brings.

    `request` turns the field's arguments, which its signature declares, into the hashable request that the
    declaration is loaded with. `present(parent, value)` turns what was loaded into the field's value, where
    several fields show one thing that is loaded. `scope` is what a token needs for it; a field that leads to
    a node, a list or a connection of nodes need not say, because the type does.
    """
    field = DeclaredField(base_resolver=StrawberryResolver(request), description=description)
    field.declaration, field.request, field.present = declaration, request, present
    field.own_scope = scope
    return field


def described(description: str) -> Any:
    """A plain field of an object that is not a row, with its description."""
    return strawberry.field(description=description)
