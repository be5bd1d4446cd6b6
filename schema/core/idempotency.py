"""Idempotency keys of mutations: their field in every input, what is remembered of a payload, and the payload anew.

Of a payload its references and plain values are remembered. What it leads to is read again, as the viewer may see it
when the mutation is repeated.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum, EnumType
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import strawberry

from courses import exceptions
from courses.constants import MAX_IDEMPOTENCY_KEY_LENGTH, MIN_IDEMPOTENCY_KEY_LENGTH
from courses.models import User
from schema.context import Context
from schema.core.fields import DeclaredField
from schema.core.ids import KINDS
from schema.core.inputs import IDEMPOTENCY_KEY
from schema.core.upstream import get_object_definition, to_camel_case
from schema.dataloaders.base import ByPk
from schema.dataloaders.plans import NOTHING

T = TypeVar("T")

_LENGTHS = f"{MIN_IDEMPOTENCY_KEY_LENGTH} to {MAX_IDEMPOTENCY_KEY_LENGTH} characters"

_DESCRIPTION = (
    f"Idempotency key, {_LENGTHS}, made anew for each thing to be done. For 24 hours, a repeat with the same key and "
    "input gives the same outcome and has no second effect; with another input it is KEY_REUSED."
)


@lru_cache
def with_key(taken: type[T]) -> type[T]:
    """Return the input type with an idempotency key after its own fields."""
    definition = get_object_definition(taken, strict=True)
    members = {
        "__module__": taken.__module__,
        "__annotations__": {IDEMPOTENCY_KEY: str | None},
        IDEMPOTENCY_KEY: strawberry.field(default=strawberry.UNSET, description=_DESCRIPTION),
    }
    keyed = type(taken.__name__, (taken,), members)
    return strawberry.input(keyed, name=definition.name, description=definition.description)


def key_of(context: Context, input: Any) -> str | None:
    """Return the key of a mutation, from its input or the request's header, or None.

    Raises Invalid for a key that is too short or too long, and for two that differ.
    """
    key: Any = getattr(input, IDEMPOTENCY_KEY)
    if not isinstance(key, str):
        return context.idempotency_key
    field = [to_camel_case(IDEMPOTENCY_KEY)]
    if not MIN_IDEMPOTENCY_KEY_LENGTH <= len(key) <= MAX_IDEMPOTENCY_KEY_LENGTH:
        raise exceptions.Invalid(f"Please make a key of {_LENGTHS}.", field=field)
    if context.idempotency_key not in (None, key):
        raise exceptions.Invalid(
            "The header `Idempotency-Key` names another key. Please send one key.", field=field
        )
    return key


def json_of_input(value: Any) -> Any:
    """Return an input as JSON, without its key and what was left out; equal inputs have equal JSON."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: json_of_input(given)
            for field in dataclasses.fields(value)
            if field.name != IDEMPOTENCY_KEY and (given := getattr(value, field.name)) is not strawberry.UNSET
        }
    if isinstance(value, list):
        return [json_of_input(each) for each in value]
    if isinstance(value, dict):
        return {name: json_of_input(each) for name, each in value.items()}
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, str | int | NoneType) else str(value)


def outcome_of(payload: Any) -> Any:
    """Return what is remembered of a payload as JSON: keys of rows, plain values, and objects of these."""
    if dataclasses.is_dataclass(payload) and not isinstance(payload, type):
        return {name: outcome_of(getattr(payload, name)) for name in _stored(payload.__class__)}
    if isinstance(payload, list):
        return [outcome_of(each) for each in payload]
    if isinstance(payload, Enum):
        return payload.value
    return str(payload) if isinstance(payload, Decimal) else payload


def restored(type_: type[T], outcome: Mapping[str, Any], viewer: User | None) -> T:
    """Return the payload of a remembered outcome. Rows that the viewer may not see any more are null, and so is what
    cannot be without them.
    """
    payload = _value(type_, outcome)
    keys: dict[str, set[int]] = {}
    for object_ in _objects(payload):
        for link in _links_of(object_.__class__):
            keys.setdefault(link.type_name, set()).add(getattr(object_, link.key))
    visible = {
        name: KINDS[name].by_pk.load(viewer, sorted(found - {None}), None, NOTHING)
        for name, found in keys.items()
    }
    narrowed: T = _narrowed(payload, visible)
    return narrowed


@dataclasses.dataclass(frozen=True)
class _Link:
    """Field that leads to a node by a key, the attribute `key` of its object."""

    key: str
    type_name: str
    is_nullable: bool


@lru_cache
def _links_of(type_: Any) -> list[_Link]:
    hints = get_type_hints(type_)
    links = []
    for field in get_object_definition(type_, strict=True).fields:
        if isinstance(field, DeclaredField) and isinstance(field.declaration, ByPk):
            of, is_nullable = _nullable(hints[field.python_name])
            name = get_object_definition(of, strict=True).name
            links.append(_Link(str(field.declaration.key), name, is_nullable))
    return links


@lru_cache
def _stored(type_: Any) -> dict[str, Any]:
    """Return the types of what an object of a payload has by itself, by name."""
    hints = get_type_hints(type_)
    fields = dataclasses.fields(type_)
    return {field.name: hints[field.name] for field in fields if field.init and field.name != "user_errors"}


def _value(type_: Any, outcome: Any) -> Any:
    """Return the value of which `outcome` is the JSON."""
    type_, _ = _nullable(type_)
    if outcome is None:
        return None
    if get_origin(type_) is list:
        return [_value(get_args(type_)[0], each) for each in outcome]
    if isinstance(type_, type) and dataclasses.is_dataclass(type_):
        return type_(**{name: _value(of, outcome[name]) for name, of in _stored(type_).items()})
    return type_(outcome) if type_ is Decimal or isinstance(type_, EnumType) else outcome


def _nullable(type_: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether it had that."""
    if get_origin(type_) not in (Union, UnionType):
        return type_, False
    [of] = (each for each in get_args(type_) if each is not NoneType)
    return of, True


def _objects(value: Any) -> Iterator[Any]:
    """Yield the payload, and every object beneath it."""
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
    elif dataclasses.is_dataclass(value):
        yield value
        for name in _stored(value.__class__):
            yield from _objects(getattr(value, name))


def _narrowed(value: Any, visible: Mapping[str, Mapping[int, Any]]) -> Any:
    """Return the object without the keys of rows that are not visible; None for one that cannot be without its row."""
    if isinstance(value, list):
        return [kept for each in value if (kept := _narrowed(each, visible)) is not None]
    if not dataclasses.is_dataclass(value):
        return value
    for link in _links_of(value.__class__):
        if getattr(value, link.key) not in visible[link.type_name]:
            if not link.is_nullable:
                return None
            setattr(value, link.key, None)
    for name in _stored(value.__class__):
        setattr(value, name, _narrowed(getattr(value, name), visible))
    return value
