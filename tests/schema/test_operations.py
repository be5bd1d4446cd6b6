"""The operations of real clients: valid for the served schema, named, and each executed by a test."""

import ast
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse, validate

from schema.root import schema
from tests.operations import operation

DIRECTORY = Path(__file__).parent / "operations"
TESTS = Path(__file__).resolve().parents[1]
NAMES = sorted(path.stem for path in DIRECTORY.glob("*.graphql"))


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_valid_for_the_served_schema(name: str) -> None:
    assert validate(schema._schema, parse(operation(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_one_operation_named_like_it(name: str) -> None:
    definitions = parse(operation(name)).definitions
    operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
    names = [node.name.value for node in operations if node.name]
    assert names == ["".join(word.capitalize() for word in name.split("_"))]


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_takes_its_values_from_variables(name: str) -> None:
    """A value that a client writes into the document makes a new document, which has to be parsed again."""
    [definition] = (
        node for node in parse(operation(name)).definitions if isinstance(node, OperationDefinitionNode)
    )
    for selection in definition.selection_set.selections:
        for argument in getattr(selection, "arguments", None) or ():
            assert argument.value.kind in ("variable", "object_value"), argument.name.value


def test_every_operation_is_executed_by_a_test() -> None:
    modules = [path for path in TESTS.rglob("*.py") if TESTS / "clients" not in path.parents]
    texts = {text for path in modules for text in _texts(path)}
    assert [name for name in NAMES if not texts & {name, f"tests/schema/operations/{name}.graphql"}] == []


def _texts(path: Path) -> set[str]:
    """Every string that stands in a test."""
    if path == Path(__file__):
        return set()
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
