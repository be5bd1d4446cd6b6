"""Conversion of arguments as Strawberry does it, to the classes of inputs, compiled once for a field.

Strawberry asks of every value of every request anew of which type it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from strawberry import UNSET, Schema

from schema.core.upstream import definition_behind

Convert: TypeAlias = Callable[[Any], Any]


def converter_of(definition: GraphQLField, schema: Schema) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what converts the coerced arguments of a field, to the names of its function."""
    named = schema.config.name_converter.from_argument
    arguments = [
        (argument.python_name, name, _converter(definition.args[name].type, schema))
        for argument in definition_behind(definition).arguments
        for name in [named(argument)]
    ]

    def convert(values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            python_name: convert_value(values[name])
            for python_name, name, convert_value in arguments
            if name in values
        }

    return convert


def _converter(type_: GraphQLInputType, schema: Schema) -> Convert:
    if is_non_null_type(type_):
        return _converter(type_.of_type, schema)
    if is_leaf_type(type_):
        return _unchanged
    if is_list_type(type_):
        return _given(_list(_converter(type_.of_type, schema)))
    assert is_input_object_type(type_)
    return _given(_object(type_, schema))


def _unchanged(value: Any) -> Any:
    return value


def _given(convert: Convert) -> Convert:
    return lambda value: value if value is None or value is UNSET else convert(value)


def _list(convert: Convert) -> Convert:
    if convert is _unchanged:
        return list  # a copy: requests that leave a value out share its default
    return lambda values: [convert(value) for value in values]


def _object(type_: GraphQLInputObjectType, schema: Schema) -> Convert:
    definition = definition_behind(type_)
    assert definition.from_input is None  # no input of ours makes its own value
    named = schema.config.name_converter.from_field
    left_out = {
        field.python_name: None
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    }
    converters: list[tuple[str, str, Convert]] = []

    def convert(values: Mapping[str, Any]) -> Any:
        if not converters:  # when it is first given: an input may hold others of its own type
            converters.extend(
                (field.python_name, name, _converter(type_.fields[name].type, schema))
                for field in definition.fields
                for name in [named(field)]
            )
        given = {
            python_name: convert_value(values[name])
            for python_name, name, convert_value in converters
            if name in values
        }
        return definition.origin(**left_out | given)

    return convert
