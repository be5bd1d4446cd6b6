"""The published SDL is the schema that is served, and every part of it is described."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)

from schema.root import schema

SDL = settings.BASE_DIR / "schema" / "schema.graphql"


def test_the_committed_sdl_is_the_schema_that_is_served() -> None:
    """When this fails: `uv run python manage.py export_schema schema.root:schema > schema/schema.graphql`."""
    assert SDL.read_text(encoding="utf-8").strip() == schema.as_str().strip()


def _types() -> Iterator[GraphQLNamedType]:
    for type_ in schema._schema.type_map.values():
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_):
            yield type_


def _parts(type_: Any) -> Iterator[tuple[str, str | None]]:
    """The name of everything in a type that clients read about, with its description."""
    yield type_.name, type_.description
    if isinstance(type_, GraphQLEnumType):
        yield from ((f"{type_.name}.{name}", value.description) for name, value in type_.values.items())
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        for name, field in type_.fields.items():
            yield f"{type_.name}.{name}", field.description
            for argument, definition in getattr(field, "args", {}).items():
                yield f"{type_.name}.{name}({argument})", definition.description


def test_every_type_field_argument_and_enum_value_is_described() -> None:
    undescribed = [name for type_ in _types() for name, text in _parts(type_) if not (text or "").strip()]
    assert undescribed == []


def test_no_description_is_only_the_name_said_again() -> None:
    def bare(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalnum())

    echoes = [
        name
        for type_ in _types()
        for name, text in _parts(type_)
        if text and bare(text) == bare(name.rpartition(".")[2])
    ]
    assert echoes == []


def test_every_description_is_a_sentence_about_the_thing_and_no_riddle() -> None:
    def is_one(text: str) -> bool:
        says_more_than_a_name = len(re.findall(r"\w+", text)) >= 3
        asks = re.match(r"(What|Which|Who|Whose|Where|How|It)\b", text)
        return says_more_than_a_name and not asks and text[0].isupper() and text.endswith(".")

    others = [
        f"{name}: {text}" for type_ in _types() for name, text in _parts(type_) if not is_one(text or "")
    ]
    assert others == []


def test_every_field_that_can_be_null_says_when() -> None:
    """Beside payloads, all of whose fields are null after a refusal, as `userErrors` says."""
    silent = [
        f"{type_.name}.{name}"
        for type_ in _types()
        if isinstance(type_, GraphQLObjectType) and not type_.name.endswith("Payload")
        for name, field in type_.fields.items()
        if not isinstance(field.type, GraphQLNonNull)
        and "null" not in f"{type_.description} {field.description}".lower()
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("ending", "unit"),
    [
        ("Seconds", "seconds"),
        ("Minutes", "minutes"),
        ("Days", "days"),
        ("Percentage", "percent"),
        ("Rate", "percent"),
    ],
)
def test_what_is_measured_says_its_unit(ending: str, unit: str) -> None:
    measured = [
        (name, text or "")
        for type_ in _types()
        for name, text in _parts(type_)
        if re.search(rf"\w{ending}\)?$", name)
    ]
    assert measured
    assert [name for name, text in measured if unit not in text] == []


def test_every_scalar_names_its_specification() -> None:
    scalars = [type_ for type_ in _types() if isinstance(type_, GraphQLScalarType)]
    assert {type_.name for type_ in scalars} == {"BigInt", "DateTime", "Decimal", "JSON"}
    assert [
        type_.name for type_ in scalars if not (type_.specified_by_url or "").startswith("https://")
    ] == []


def test_the_input_of_a_mutation_is_described_by_its_type() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    for field in mutation.fields.values():
        taken = field.args["input"]
        assert taken.description == get_named_type(taken.type).description


def test_every_mutation_takes_one_input_and_returns_its_payload_with_user_errors() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        capitalised = name[0].upper() + name[1:]
        assert {argument: str(a.type) for argument, a in field.args.items()} == {
            "input": f"{capitalised}Input!"
        }
        assert str(field.type) == f"{capitalised}Payload!"
        assert str(field.type.of_type.fields["userErrors"].type) == "[UserError!]!"


def test_every_connection_pages_forwards_and_backwards() -> None:
    arguments_of = {
        f"{type_.name}.{name}": set(field.args)
        for type_ in _types()
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in type_.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    }
    assert "Lesson.notes" in arguments_of
    paging = {"first", "after", "last", "before"}
    assert {name: paging - given for name, given in arguments_of.items() if paging - given} == {}


def test_every_root_field_names_the_scope_it_needs_or_that_no_token_may() -> None:
    from courses.constants import Scope

    for root in (schema.query, schema.mutation, schema.subscription):
        for field in root.__strawberry_definition__.fields:  # type: ignore[union-attr]
            [needed] = [d for d in field.directives if type(d).__name__.startswith("Requires")]
            assert type(needed).__name__ == "RequiresSession" or needed.scope in Scope.values
