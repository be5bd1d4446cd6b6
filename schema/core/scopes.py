"""Registry of the scopes of node types, from which fields that lead to them take theirs."""

from typing import Any

from courses.constants import Scope
from schema.core.upstream import UNRESOLVED, LazyType, StrawberryContainer, get_object_definition

_scopes: dict[str, Scope] = {}


def register(type_name: str, scope: Scope) -> None:
    """Register the scope that a token needs to read nodes of a type."""
    _scopes[type_name] = scope


def scope_of_type(type_: Any) -> Scope | None:
    """Return the scope of the nodes that a field of this type leads to: one, a list or a connection of them.

    Raises TypeError for a type that is not resolved yet: it might need a scope.
    """
    if type_ is UNRESOLVED:
        raise TypeError("the type of a field was asked for before its module was complete")
    while isinstance(type_, StrawberryContainer):
        type_ = type_.of_type
    if isinstance(type_, LazyType):
        type_ = type_.resolve_type()
    definition = get_object_definition(type_)
    if definition is None:
        return None
    for argument in definition.type_var_map.values():
        return scope_of_type(argument)
    return _scopes.get(definition.name)
