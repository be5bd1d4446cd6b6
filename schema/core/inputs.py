"""Helpers of input types: fields described by the model, and the values that were given.

Every update is a partial update. A field left out keeps its value. Null clears what is nullable (the fields that
`changes` is given as such), and is refused with REQUIRED everywhere else. So inputs of updates have no defaults: a
default could not be told from a given value.
"""

import dataclasses
from collections.abc import Collection
from typing import Any

import strawberry
from django.db.models import Model

from courses import exceptions
from schema.core.upstream import to_camel_case

IDEMPOTENCY_KEY = "idempotency_key"
"""Field that every mutation's input has, beside its own."""

LEFT_OUT_STAYS = (
    "Fields left out keep their values. Null is refused with REQUIRED, unless a field says what null means."
)
"""Part of the description of every update's input."""


def like(model: type[Model], name: str, **default: Any) -> Any:
    """Declare an optional input field, described by the model's field. Its default is UNSET, unless one is given."""
    described: Any = model._meta.get_field(name)
    return strawberry.field(description=described.help_text, **default or {"default": strawberry.UNSET})


def required_like(model: type[Model], name: str) -> Any:
    """Declare a required input field, described by the model's field."""
    described: Any = model._meta.get_field(name)
    return strawberry.field(description=described.help_text)


def given(input: Any, *, apart_from: Collection[str] = ()) -> dict[str, Any]:
    """Return the given values for a new object, by name; null counts as left out."""
    return {name: value for name, value in _values(input, apart_from).items() if value is not None}


def changes(
    input: Any,
    *,
    apart_from: Collection[str] = (),
    nullable: Collection[str] = (),
    path: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the given values of an update, by name. Raises Required for null in a field that is not `nullable`.

    `path` is the path of `input` inside the mutation's input.
    """
    values = _values(input, apart_from)
    for name, value in values.items():
        if value is None and name not in nullable:
            raise exceptions.Required(
                "This cannot be empty. Leave it out to keep it as it is.", field=[*path, to_camel_case(name)]
            )
    return values


def _values(input: Any, apart_from: Collection[str]) -> dict[str, Any]:
    left_out = {IDEMPOTENCY_KEY, *apart_from}
    names = [field.name for field in dataclasses.fields(input) if field.name not in left_out]
    values = {name: getattr(input, name) for name in names}
    return {name: value for name, value in values.items() if value is not strawberry.UNSET}
