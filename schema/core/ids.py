"""Relay global ids: their encoding and decoding, and the `Node` interface.

An id is base64 of `TypeName:key`, and is decoded against the expected type: an id of another type is NOT_FOUND, like
an unknown one, so an id can never be used as something that it is not.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import strawberry
import strawberry_django
from django.db.models import Model

from courses import exceptions
from courses.constants import Scope
from courses.rules import global_ids
from schema.core import scopes
from schema.core.fields import Column
from schema.dataloaders.base import ByPk

T = TypeVar("T", bound=type)
LARGEST_KEY = 2**62
"""Upper bound of keys from clients: beyond it is the placeholder of the viewer's id in compiled statements."""

_KEY = re.compile(r"[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class NodeKind:
    """Metadata of a node type: its model, the declaration that loads it by primary key, and the scope it needs."""

    name: str
    model: type[Model]
    by_pk: ByPk
    scope: Scope


KINDS: dict[str, NodeKind] = {}
_names: dict[type, str] = {}


def encode(type_name: str, key: object) -> strawberry.ID:
    return strawberry.ID(global_ids.encode(type_name, key))


def decode(global_id: str) -> tuple[str, str]:
    """Decode a global id to type name and key; to `("", "")` if it is malformed."""
    try:
        type_name, separator, key = base64.b64decode(global_id, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (type_name, key) if separator else ("", "")


def pk(global_id: str, type_name: str) -> int | None:
    """Decode the primary key of an id of that type; None for any other id."""
    found, key = decode(global_id)
    if found != type_name or not _KEY.fullmatch(key) or int(key) > LARGEST_KEY:
        return None
    return int(key)


def required_pk(global_id: str, type_name: str, *field: str) -> int:
    """Decode the primary key of an id of that type. Raises NotFound, naming `field`, for any other id."""
    found = pk(global_id, type_name)
    if found is None:
        raise exceptions.NotFound(field=field)
    return found


def optional_pk(global_id: str | None, type_name: str, *field: str) -> int | None:
    """Decode as `required_pk` does; None where no id is given."""
    return None if global_id is None else required_pk(global_id, type_name, *field)


class IdField(Column):
    """Global id, encoded from the row without a resolver's overhead."""

    @cached_property
    def read(self) -> Callable[[Any], Any]:
        return _id_of


def type_name_of(model: type[Model]) -> str:
    """Return the node type over a model."""
    return _names[model]


def _id_of(row: Model) -> str:
    return encode(type_name_of(type(row)), row.pk)


def _id_field(description: str) -> Any:
    return IdField(description=description)


@strawberry.interface(
    description="Object with a global id, by which `node` and `nodes` fetch it again (Relay Global Object "
    "Identification)."
)
class Node:
    id: strawberry.ID = _id_field("Global id: opaque, unique among all types, and permanent.")


def node(
    model: type[Model], *, by_pk: ByPk, scope: Scope, name: str | None = None, description: str | None = None
) -> Callable[[T], T]:
    """Register the class as a node type over `model`, whose docstring and help texts describe it to clients.

    A token needs `scope` for every field that leads to it, and to fetch it by its id.
    """

    def decorate(cls: T) -> T:
        type_name = name or cls.__name__
        KINDS[type_name] = NodeKind(type_name, model, by_pk, scope)
        scopes.register(type_name, scope)
        _names[model] = type_name
        return strawberry_django.type(model, name=type_name, field_cls=Column, description=description)(cls)

    return decorate
