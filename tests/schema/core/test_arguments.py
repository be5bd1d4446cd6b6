"""Conversion of arguments, compared with Strawberry's own for every field that takes any."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from schema.core.arguments import converter_of
from schema.core.upstream import convert_arguments, definition_behind, graphql_schema
from schema.root import schema


def _fields() -> Iterator[Any]:
    for type_ in graphql_schema(schema).type_map.values():
        for name, field in type_.fields.items() if is_object_type(type_) else ():
            if field.args and definition_behind(field) is not None:
                yield pytest.param(field, id=f"{type_.name}.{name}")


def _everything(type_: Any, depth: int = 0) -> Any:
    """Return a coerced value with all members of all inputs, and two items in each list."""
    if is_non_null_type(type_):
        return _everything(type_.of_type, depth)
    if is_list_type(type_):
        return [_everything(type_.of_type, depth), _everything(type_.of_type, depth)] if depth < 6 else []
    if is_enum_type(type_):
        return next(iter(type_.values.values())).value
    if is_leaf_type(type_):
        return f"a {type_.name}"
    assert is_input_object_type(type_)
    return {name: _everything(field.type, depth + 1) for name, field in type_.fields.items()}


def _least(type_: Any) -> Any:
    """Return a coerced value without anything that may be left out."""
    if is_non_null_type(type_) and is_input_object_type(type_.of_type):
        fields = type_.of_type.fields
        return {name: _least(each.type) for name, each in fields.items() if is_non_null_type(each.type)}
    return [_least(type_.of_type.of_type)] if is_list_type(getattr(type_, "of_type", None)) else None


@pytest.mark.parametrize("value_of", [_everything, _least, lambda _type: None])
@pytest.mark.parametrize("field", list(_fields()))
def test_arguments_are_converted_as_strawberry_does(
    field: GraphQLField, value_of: Callable[[Any], Any]
) -> None:
    values = {name: value_of(argument.type) for name, argument in field.args.items()}
    by_strawberry = convert_arguments(
        values,
        definition_behind(field).arguments,
        scalar_registry=schema.schema_converter.scalar_registry,
        config=schema.config,
    )
    converted = converter_of(field, schema)(values)
    assert repr(converted) == repr(by_strawberry)
    assert converted == by_strawberry


def test_an_argument_that_was_left_out_stays_out() -> None:
    query = graphql_schema(schema).query_type
    assert query is not None
    field = query.fields["courses"]
    assert converter_of(field, schema)({}) == {}
