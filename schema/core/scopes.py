"""Which scope a token needs for what: the scope of each node type, and of fields by the types they lead to."""

from typing import Any

from courses.constants import Scope
from schema.core.upstream import UNRESOLVED, LazyType, StrawberryContainer, get_object_definition

_scopes: dict[str, Scope] = {}


def register(type_name: str, scope: Scope) -> None:
    """Note what a token needs to read things of a node type."""
    _scopes[type_name] = scope


def scope_of_node(type_name: str) -> Scope:
    return _scopes[type_name]


def scope_of_type(type_: Any) -> Scope | None:
    """The scope of the nodes that a field of this type leads to: one, a list or a connection of them.

    Raises TypeError for a type that is not known yet: it might be one that needs a scope.
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
