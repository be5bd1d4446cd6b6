"""The published SDL is the schema that is served, and every part of it is described."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
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
