"""The public contract holds: the served schema has all of it, and nothing of it differently."""

from pathlib import Path

import pytest
from graphql import (
    DangerousChangeType,
    GraphQLInputObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

from schema.root import schema

CONTRACT = Path(__file__).parent / "contract.graphql"
ADDITIONS = {
    DangerousChangeType.VALUE_ADDED_TO_ENUM,
    DangerousChangeType.OPTIONAL_ARG_ADDED,
    DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED,
    DangerousChangeType.IMPLEMENTED_INTERFACE_ADDED,
}


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema(CONTRACT.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def served() -> GraphQLSchema:
    """As clients get it: read from the SDL, so that both sides are built the same way."""
    return build_schema(schema.as_str())


def test_the_served_schema_takes_nothing_away_from_the_contract(
    contract: GraphQLSchema, served: GraphQLSchema
) -> None:
    assert [change.description for change in find_breaking_changes(contract, served)] == []


def test_what_is_not_said_by_a_client_means_what_the_contract_says(
    contract: GraphQLSchema, served: GraphQLSchema
) -> None:
    """Defaults are part of the contract; additions are not against it."""
    changes = find_dangerous_changes(contract, served)
    assert [change.description for change in changes if change.type not in ADDITIONS] == []


def test_inputs_with_exactly_one_member_stay_so(contract: GraphQLSchema, served: GraphQLSchema) -> None:
    def one_of(sdl: GraphQLSchema) -> set[str]:
        inputs = (type_ for type_ in sdl.type_map.values() if isinstance(type_, GraphQLInputObjectType))
        return {type_.name for type_ in inputs if type_.is_one_of}

    assert one_of(contract) == {"ResponseInput"}
    assert one_of(contract) <= one_of(served)
