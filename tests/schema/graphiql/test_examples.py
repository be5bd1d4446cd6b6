"""The examples of the page are true of the schema that is published."""

import json
from typing import Any

import pytest
from django.conf import settings
from graphql import NonNullTypeNode, OperationDefinitionNode, build_schema, parse, validate

from schema.graphiql.assets import DIRECTORY

EXAMPLES = DIRECTORY / "examples"
INDEX: list[dict[str, Any]] = json.loads((EXAMPLES / "index.json").read_text())
FILES = [example["file"] for example in INDEX]


@pytest.fixture(scope="module")
def published():
    return build_schema((settings.BASE_DIR / "schema" / "schema.graphql").read_text())


def operations(file: str) -> list[OperationDefinitionNode]:
    definitions = parse((EXAMPLES / file).read_text()).definitions
    return [each for each in definitions if isinstance(each, OperationDefinitionNode)]


def test_there_is_one_for_each_use_case() -> None:
    assert [(example["title"], example.get("as")) for example in INDEX] == [
        ("Browse the catalogue", None),
        ("Take an assessment", "learner"),
        ("Watch live updates", "learner"),
        ("Review a course", "learner"),
        ("Moderate reviews", "moderator"),
        ("Write and search notes", "learner"),
        ("Repeat a mutation without a second effect", "learner"),
        ("Change your profile", "learner"),
        ("Manage the people of a course", "instructor"),
        ("Arrange the lessons of a course", "instructor"),
        ("Announce to a course", "instructor"),
        ("Read notifications", "learner"),
        ("Grade as an instructor", "instructor"),
        ("Accommodate a learner", "instructor"),
        ("Extend or close an attempt", "instructor"),
        ("Author an assessment", "instructor"),
        ("Correct a key and regrade", "instructor"),
        ("Follow events", "instructor"),
        ("See statistics", "instructor"),
        ("Make an access token", "learner"),
        ("Export in bulk", "instructor"),
        ("Receive webhooks", "instructor"),
        ("Look after webhooks", "instructor"),
    ]


def test_the_index_names_every_file() -> None:
    assert sorted(FILES) == sorted(path.name for path in EXAMPLES.glob("*.graphql"))


@pytest.mark.parametrize("file", FILES)
def test_an_example_is_valid(file: str, published) -> None:
    assert [error.message for error in validate(published, parse((EXAMPLES / file).read_text()))] == []


@pytest.mark.parametrize("example", INDEX, ids=FILES)
def test_the_variables_have_what_its_operations_need(example: dict[str, Any]) -> None:
    needed = {
        variable.variable.name.value
        for operation in operations(example["file"])
        for variable in operation.variable_definitions or ()
        if isinstance(variable.type, NonNullTypeNode)
    }

    assert needed == set(example["variables"]) & needed


@pytest.mark.parametrize("file", FILES)
def test_an_example_says_first_what_it_is_for(file: str) -> None:
    title = next(example["title"] for example in INDEX if example["file"] == file)

    assert (EXAMPLES / file).read_text().startswith(f"# {title}")
