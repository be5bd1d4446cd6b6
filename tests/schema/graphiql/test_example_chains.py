"""Every example runs as shipped on the demonstration: operation after operation, as whom its index names.

Variables are filled in as the page does it (static/follow_ups.js); that the page does so is tried in a browser.
"""

import json
from functools import reduce
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from graphql import OperationDefinitionNode, OperationType, parse

from courses.management import demonstration
from courses.models import User
from schema.context import Context, Identity
from schema.graphiql.assets import DIRECTORY
from schema.root import schema

EXAMPLES = DIRECTORY / "examples"
INDEX: list[dict[str, Any]] = json.loads((EXAMPLES / "index.json").read_text())
PLACES = "{ courses(first: 10) { edges { node { id lessons { id assessment { id } } } } } }"


def at(path: str, data: Any) -> Any:
    def step(found: Any, name: str) -> Any:
        if found is None:
            return None
        if name.startswith("["):
            return next((entry for entry in found if entry.get(name[1:-1])), None)
        if name.isdecimal():
            return found[int(name)] if int(name) < len(found) else None
        return found.get(name)

    return reduce(step, path.split("."), data)


def value_at(places: Any, data: Any) -> Any:
    """The value for a path, or for each path in a list or an object; None when any is missing."""
    if isinstance(places, str):
        return next((found for path in places.split(" or ") if (found := at(path, data)) is not None), None)
    if isinstance(places, list):
        parts = [value_at(place, data) for place in places]
        return None if None in parts else parts
    named = {name: value_at(place, data) for name, place in places.items()}
    return None if None in named.values() else named


def places_of(viewer: User | None) -> dict[str, str]:
    courses = [edge["node"] for edge in ask(PLACES, viewer, {}).data["courses"]["edges"]]
    course = next(course for course in courses if any(lesson["assessment"] for lesson in course["lessons"]))
    assessed = next(lesson for lesson in course["lessons"] if lesson["assessment"])
    free = next(lesson for lesson in course["lessons"] if not lesson["assessment"])
    return {
        "<course>": course["id"],
        "<lesson>": course["lessons"][0]["id"],
        "<assessment>": assessed["assessment"]["id"],
        "<lesson without assessment>": free["id"],
    }


def with_places(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: with_places(inner, places) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_places(inner, places) for inner in value]
    return places.get(value, value) if isinstance(value, str) else value


def operations(query: str) -> list[OperationDefinitionNode]:
    return [each for each in parse(query).definitions if isinstance(each, OperationDefinitionNode)]


def only(query: str, operation: OperationDefinitionNode) -> str:
    """The document with this operation alone, and the fragments."""
    kept = query
    for each in operations(query):
        if each.loc and each is not operation and each.name != operation.name:
            kept = kept.replace(query[each.loc.start : each.loc.end], "")
    return kept


def ask(query: str, viewer: User | None, variables: dict[str, Any]) -> Any:
    context = Context(Identity(viewer, None))
    return async_to_sync(schema.execute)(query, variable_values=variables, context_value=context)


@pytest.mark.django_db
def test_every_chain_runs_as_shipped(quick_passwords: None, settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True  # as `manage.py demo` has it
    demonstration.load(origin="http://127.0.0.1:8000")
    refused = {}
    for example in INDEX:
        viewer = User.objects.get(username=example["as"]) if "as" in example else None
        query = (EXAMPLES / example["file"]).read_text()
        variables = with_places(example["variables"], places_of(viewer))
        for operation in operations(query):
            if (
                operation.operation is OperationType.SUBSCRIPTION
            ):  # leave nothing to wait for: see the browser
                continue
            assert operation.name is not None
            needed = {each.variable.name.value for each in operation.variable_definitions or ()}
            given = {name: value for name, value in variables.items() if name in needed}
            answer = ask(only(query, operation), viewer, given)
            fields = (answer.data or {}).values()
            problems = answer.errors or [
                error for field in fields if field for error in field.get("userErrors", ())
            ]
            if problems or None in fields:
                refused[f"{example['title']}: {operation.name.value}"] = problems
            for name, places in example.get("follow", {}).items():
                if (found := value_at(places, answer.data)) is not None:
                    variables[name] = found
        if left := [name for name, value in variables.items() if value is None]:
            refused[example["title"]] = f"{left} would have to be filled in by hand"
    assert refused == {}
