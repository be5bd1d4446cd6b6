"""The kinds of field that output types are made of, beside Strawberry's plain ones.

* `Column`: a column, property or annotation of the row at hand. No resolver, no `Info`: the cheapest field.
* `declared(...)`: a relation or fact declared in schema/dataloaders. Filled by look-ahead, else batched.
* `query(...)`: a root field, which names the scope that it needs.
"""

from asyncio import isfuture
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry_django.fields.field import StrawberryDjangoField

from schema.dataloaders.base import Declaration


class Column(StrawberryDjangoField):
    """An attribute of the row, read as it stands; described by the model field's help text."""

    is_basic_field = True

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        return getattr(source, self.django_name or self.python_name)


def column(source: str, description: str | None = None) -> Any:
    """A field over the attribute `source` of the row, where the API's name differs from the model's."""
    return Column(django_name=source, description=description)


def _no_arguments() -> None:
    return None


class DeclaredField(StrawberryField):
    """A field whose value a declaration brings."""

    declaration: Declaration
    request: Callable[..., Hashable]
    present: Callable[[Any, Any], Any] | None

    def get_result(self, source: Any, info: Any, args: Any, kwargs: Any) -> Any:
        loaders = info._raw_info.context.loaders
        value = loaders.value(source, self.declaration, self.request(**kwargs))
        if self.present is None:
            return value
        return self._presented_later(source, value) if isfuture(value) else self.present(source, value)

    async def _presented_later(self, source: Any, value: Awaitable[Any]) -> Any:
        assert self.present is not None
        return self.present(source, await value)

    def __copy__(self) -> "DeclaredField":
        copied = super().__copy__()
        copied.declaration, copied.request, copied.present = self.declaration, self.request, self.present
        return copied


def declared(
    declaration: Declaration,
    description: str,
    *,
    request: Callable[..., Hashable] = _no_arguments,
    present: Callable[[Any, Any], Any] | None = None,
) -> Any:
    """A field that `declaration` brings.

    `request` turns the field's arguments, which its signature declares, into the hashable request that the
    declaration is loaded with. `present(parent, value)` turns what was loaded into the field's value, where
    several fields show one thing that is loaded.
    """
    field = DeclaredField(base_resolver=StrawberryResolver(request), description=description)
    field.declaration, field.request, field.present = declaration, request, present
    return field


def described(description: str) -> Any:
    """A plain field of an object that is not a row, with its description."""
    return strawberry.field(description=description)
