"""Inputs: fields that the model describes, and what was given of them.

Every update says "change what is given" in one way. What is left out stays as it is. Null clears what can be
empty (the fields that `changes` is told are `nullable`), and is refused with REQUIRED everywhere else. So no
input of an update has a default: a default could not be told from a wish.
"""

import dataclasses
from collections.abc import Collection
from typing import Any

import strawberry
from django.db.models import Model

from courses import exceptions
from schema.core.upstream import to_camel_case

LEFT_OUT_STAYS = (
    "Fields left out keep their values. Null is refused with REQUIRED, unless a field says what null means."
)
"""Part of the description of every update's input."""


def like(model: type[Model], name: str, **default: Any) -> Any:
    """An input field described by a field of the model. Left out it is UNSET, unless a default is given."""
    described: Any = model._meta.get_field(name)
    return strawberry.field(description=described.help_text, **default or {"default": strawberry.UNSET})


def required_like(model: type[Model], name: str) -> Any:
    """An input field described by a field of the model, which has to be given."""
    described: Any = model._meta.get_field(name)
    return strawberry.field(description=described.help_text)


def given(input: Any, *, apart_from: Collection[str] = ()) -> dict[str, Any]:
    """What something new is made of: all values by name; null says no more than leaving it out."""
    return {name: value for name, value in _values(input, apart_from).items() if value is not None}


def changes(
    input: Any,
    *,
    apart_from: Collection[str] = (),
    nullable: Collection[str] = (),
    path: tuple[str, ...] = (),
) -> dict[str, Any]:
    """What an edit changes: all values by name. Raises Required for null where there must be a value.

    `path` is where the input stands inside the mutation's.
    """
    values = _values(input, apart_from)
    for name, value in values.items():
        if value is None and name not in nullable:
            raise exceptions.Required(
                "This cannot be empty. Leave it out to keep it as it is.", field=[*path, to_camel_case(name)]
            )
    return values


def _values(input: Any, apart_from: Collection[str]) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(input) if field.name not in apart_from]
    values = {name: getattr(input, name) for name in names}
    return {name: value for name, value in values.items() if value is not strawberry.UNSET}
