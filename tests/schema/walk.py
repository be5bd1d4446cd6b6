"""Exhaustive documents: every field that can be reached from a root field, down to a depth.

A level is an object; the edges of a connection count as none. There is one fragment for each type and depth,
so a document stays small though the graph of types has many ways through it.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

_SCALARS = {"ID": "of nothing", "Int": 1, "Float": 1.0, "Boolean": True, "Decimal": "1", "JSON": {}}
_DEFAULT_TEXT = "A text that is long enough."


class Walk:
    """Writes documents for a schema; `ids` are values for arguments and input fields, by their names."""

    def __init__(self, schema: GraphQLSchema, ids: Mapping[str, Any]) -> None:
        self._schema = schema
        self._ids = ids

    def root_fields(self, kind: str) -> list[str]:
        """The names of the root fields of `query` or `mutation`."""
        return list(self._root(kind).fields)

    def document(self, kind: str, name: str, *, depth: int, arguments: str = "", on: str = "") -> str:
        """An operation that asks everything beneath one root field; `arguments` are written as they are.

        A field that returns an interface is asked for objects of the type `on` alone: fields of the same name
        differ from type to type.
        """
        fragments: dict[str, str] = {}
        field = self._root(kind).fields[name]
        arguments = arguments or self._arguments(field)
        returned = self._schema.type_map[on] if on else get_named_type(field.type)
        selection = self._selection(returned, depth, fragments)
        variables = "($input: " + str(field.args["input"].type) + ")" if "input" in field.args else ""
        return "\n".join([f"{kind} {variables} {{ {name}{arguments}{selection} }}", *fragments.values()])

    def field_of(self, type_name: str, field: str, *, depth: int) -> str:
        """An operation with the variable `id` that asks the node with that id for one of its type's fields."""
        fragments: dict[str, str] = {}
        of: Any = self._schema.type_map[type_name]
        asked = self._field(field, of.fields[field], depth, fragments)
        operation = f"query($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {asked} }} }} }}"
        return "\n".join([operation, *fragments.values()])

    def input_for(self, name: str) -> Any:
        """An input of a mutation with a value for every field that has a name or a type to go by."""
        return self._value(self._root("mutation").fields[name].args["input"].type, "input")

    def _root(self, kind: str) -> GraphQLObjectType:
        root = self._schema.query_type if kind == "query" else self._schema.mutation_type
        assert root is not None
        return root

    def _selection(self, type_: Any, depth: int, fragments: dict[str, str]) -> str:
        if is_leaf_type(type_):
            return ""
        return f" {{ __typename {self._spread(type_, depth, fragments)} }}"

    def _spread(self, type_: GraphQLObjectType, depth: int, fragments: dict[str, str]) -> str:
        name = f"{type_.name}_{depth}"
        if name not in fragments:
            fragments[name] = ""
            fields = [
                self._field(field_name, field, depth, fragments) for field_name, field in type_.fields.items()
            ]
            fragments[name] = f"fragment {name} on {type_.name} {{ __typename {' '.join(fields)} }}"
        return f"...{name}"

    def _field(self, name: str, field: GraphQLField, depth: int, fragments: dict[str, str]) -> str:
        type_ = get_named_type(field.type)
        below = depth - (0 if type_.name.endswith(("Connection", "Edge")) else 1)
        if not is_leaf_type(type_) and below < 0:
            return ""
        return f"{name}{self._arguments(field)}{self._selection(type_, below, fragments)}"

    def _arguments(self, field: GraphQLField) -> str:
        if "input" in field.args:
            return "(input: $input)"
        given = [
            f"{name}: {_written(self._value(argument.type, name))}"
            for name, argument in field.args.items()
            if is_required_argument(argument) or name == "slug"
        ]
        return f"({', '.join(given)})" if given else ""

    def _value(self, type_: Any, name: str) -> Any:
        if name in self._ids:
            return self._ids[name]
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, name)
        if isinstance(type_, GraphQLList):
            return [self._value(type_.of_type, name.removesuffix("s"))]
        if isinstance(type_, GraphQLEnumType):
            return next(iter(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            fields = {key: self._value(field.type, key) for key, field in type_.fields.items()}
            return dict([next(iter(fields.items()))]) if type_.is_one_of else fields
        return _SCALARS.get(type_.name, _DEFAULT_TEXT if type_.name == "String" else None)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_written(each) for each in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
