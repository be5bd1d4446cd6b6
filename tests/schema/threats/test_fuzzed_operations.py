"""The operations of real clients with values that no real client sends: the fault is never ours."""

import base64
import random
from typing import Any

import pytest
from django.db import transaction
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    OperationDefinitionNode,
    OperationType,
    parse,
    type_from_ast,
)

from schema.core import ids
from schema.root import schema
from tests.operations import operation
from tests.schema.test_operations import NAMES
from tests.schema.threats.conftest import TYPE_OF_ID, World

REQUESTS = 500

NUMBERS = [0, 1, -1, 2**31 - 1, -(2**31), 2**31, 2**53, 2**63, 10**40, 0.5, 1e308, float("nan"), float("inf")]
DECIMALS = [
    "0",
    "1",
    "-0",
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "1e400000",
    "1e-400000",
    "9" * 60,
    "1.0000000001",
]
MOMENTS = [
    "2030-01-01", "2030-01-01T00:00:00", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00+23:59", "2030-02-30T00:00:00Z",
    "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
]  # fmt: skip
TEXTS = [
    "", " ", "word", "Long enough to be a review.", "\x00", "\x01\x1b\x7f", "\ud800", "a\udfffb", "\u202e\u200b",
    "\U0001f600" * 70, "x" * 5_000, "%_\\", "' OR 1=1 --", "{{blank}}", "https://example.org/", "EUR", "٣", "½",
    "\ufeff", "1e999",
]  # fmt: skip
CURSORS = [
    base64.urlsafe_b64encode(each).decode()
    for each in (
        b"[1]",
        b'["2030-01-01T00:00:00+23:59",1]',
        b'["1e400000",1]',
        b'["a",1]',
        b"[true,true]",
        b"[null,null]",
    )
]
OTHERS: list[Any] = [None, True, [], {}, [[]], {"a": {"b": [1]}}, [None], {"": ""}]
EVERYTHING = [*NUMBERS, *DECIMALS, *MOMENTS, *TEXTS, *CURSORS, *OTHERS]
OF_SCALARS: dict[str, list[Any]] = {
    "Int": NUMBERS[:5],
    "Float": NUMBERS,
    "Decimal": DECIMALS,
    "DateTime": MOMENTS,
    "Boolean": [True, False],
    "String": [*TEXTS, *CURSORS, *DECIMALS],
    "JSON": EVERYTHING,
}


class Hostile:
    """Draws values for the variables of an operation: most of the right type, many of them at its edge."""

    def __init__(self, chance: random.Random, world: World) -> None:
        self._chance = chance
        self._ids = [ids.encode(kind, key) for kind in world.rows for key in (world.rows[kind], 2**62, 2**63)]
        self._world = world

    def variables(self, definition: OperationDefinitionNode) -> dict[str, Any]:
        return {
            each.variable.name.value: self._value(
                type_from_ast(schema._schema, each.type), each.variable.name.value
            )
            for each in definition.variable_definitions or ()
        }

    def _value(self, type_: Any, name: str) -> Any:
        """A value of `type_`; one time in thirty it is of any type at all."""
        if self._chance.random() < 1 / 30:
            return self._chance.choice(EVERYTHING)
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, name)
        if isinstance(type_, GraphQLList):
            return [
                self._value(type_.of_type, name.removesuffix("s")) for _ in range(self._chance.randint(0, 3))
            ]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_)
        if isinstance(type_, GraphQLEnumType):
            return self._chance.choice(list(type_.values))
        if type_.name == "ID":
            return self._id(name)
        return self._chance.choice(OF_SCALARS.get(type_.name, EVERYTHING))

    def _object(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        names = list(type_.fields)
        if type_.is_one_of:
            names = [self._chance.choice(names)]
        return {
            name: self._value(type_.fields[name].type, name)
            for name in names
            if isinstance(type_.fields[name].type, GraphQLNonNull) or self._chance.random() < 0.6
        }

    def _id(self, name: str) -> str:
        if name in TYPE_OF_ID and self._chance.random() < 0.8:
            return self._world.id_of(TYPE_OF_ID[name])
        return self._chance.choice(self._ids)


@pytest.mark.parametrize("seed", [20_240_229])
def test_no_hostile_value_is_a_failure_of_ours(api: Any, world: World, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    hostile = Hostile(chance, world)
    operations = [(name, definition_of(name)) for name in NAMES]
    asked = [each for each in operations if each[1].operation is not OperationType.SUBSCRIPTION]
    understood = 0

    for _ in range(REQUESTS):
        name, definition = chance.choice(asked)
        variables = hostile.variables(definition)
        viewer = chance.choice([world.learner, world.admin, world.admin, world.stranger, None])
        with transaction.atomic():
            answer = api(operation(name), viewer, **variables)
            transaction.set_rollback(True)
        assert "INTERNAL" not in answer.codes, (name, variables, answer.errors)
        understood += answer.errors == []

    assert understood > REQUESTS / 5


def definition_of(name: str) -> OperationDefinitionNode:
    [definition] = (
        node for node in parse(operation(name)).definitions if isinstance(node, OperationDefinitionNode)
    )
    return definition
