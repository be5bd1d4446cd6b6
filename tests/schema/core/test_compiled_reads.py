"""Queries are answered alike by compiled reads and by graphql-core with DataLoaders: same bytes, same errors."""

import random
from typing import Any

import orjson
import pytest
import strawberry
from django.conf import settings
from graphql import OperationDefinitionNode, OperationType, VariableValues

from courses.constants import Scope
from courses.models import Course, User
from courses.services.statistics import compute_missing
from schema.core.compiled_reads import EXECUTE, KEPT_FOR_A_DOCUMENT, uncompiled
from schema.core.upstream import graphql_schema
from schema.documents.reading import prepare
from schema.root import schema
from tests.concurrency import at_once
from tests.operations import operation
from tests.schema.test_operations import NAMES
from tests.schema.threats.conftest import World
from tests.schema.threats.test_fuzzed_operations import Hostile, definition_of
from tests.schema.walk import Walk

pytestmark = pytest.mark.compiled

QUERIES = [name for name in NAMES if definition_of(name).operation is OperationType.QUERY]


@pytest.fixture
def both_ways(api: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`both_ways(document, viewer, scopes, **variables)` asks twice, compares, and returns (answer, was compiled)."""
    compiled: list[bool] = []
    read = EXECUTE[OperationType.QUERY]

    def noted(*arguments: Any) -> Any:
        data = read(*arguments)
        compiled.append(data is not None)
        return data

    monkeypatch.setitem(EXECUTE, OperationType.QUERY, noted)

    def ask(document: str, viewer: User | None, scopes: Any = None, **variables: Any) -> tuple[Any, bool]:
        compiled.clear()
        monkeypatch.setattr(settings, "COMPILED_READS", True)
        answer = api(document, viewer, scopes, **variables)
        monkeypatch.setattr(settings, "COMPILED_READS", False)
        expected = api(document, viewer, scopes, **variables)
        assert orjson.dumps(answer.data) == orjson.dumps(expected.data), (document, variables)
        assert _told(answer.errors) == _told(expected.errors), (document, variables)
        return answer, bool(compiled and compiled[0])

    return ask


def _told(errors: list[Any]) -> list[Any]:
    return sorted(
        (str(error.get("path")), error["extensions"]["code"], error["message"].split("Error id")[0])
        for error in errors
    )


@pytest.mark.parametrize("seed", [20_261_127])
def test_operations_of_clients_with_any_values_are_answered_alike(
    both_ways: Any, world: World, seed: int
) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    hostile = Hostile(chance, world)
    compiled = 0
    for _ in range(150):
        name = chance.choice(QUERIES)
        viewer = chance.choice([world.learner, world.admin, world.stranger, None])
        scopes = chance.choice([None, None, frozenset(chance.sample(sorted(Scope.values), 3))])
        variables = hostile.variables(definition_of(name))
        answer, was_compiled = both_ways(operation(name), viewer, scopes, **variables)
        assert not (answer.errors and was_compiled)
        compiled += was_compiled
    assert compiled > 20


def variables_of(name: str, world: World) -> dict[str, Any]:
    """Values for the variables of an operation, of what is there."""
    values = {
        "id": world.id_of("AssessmentAttempt"),
        "slug": world.course.slug,
        "courseId": world.id_of("Course"),
        "learnerId": world.id_of("User"),
        "first": 10,
        "reviews": 5,
    }
    asked = {each.variable.name.value for each in definition_of(name).variable_definitions or ()}
    return {key: values[key] for key in asked & set(values)}


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_of_clients_is_compiled(both_ways: Any, world: World, name: str) -> None:
    # Statistics that are missing are left to the ordinary way.
    compute_missing(course_ids=list(Course.objects.values_list("pk", flat=True)), user_ids=[world.admin.pk])
    answer, was_compiled = both_ways(operation(name), world.admin, None, **variables_of(name, world))
    assert (answer.errors, was_compiled) == ([], True)


@pytest.mark.parametrize("kind", ["learner", "instructor", "moderator", "anonymous"])
def test_everything_of_every_node_is_answered_alike(
    both_ways: Any,
    people: dict[str, Any],
    rows: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr(settings, "MAX_COST", 100_000)
    walk = Walk(schema._schema, {})
    answered = 0
    for type_name, global_id in rows.items():
        document = walk.document("query", "node", depth=2, arguments=f'(id: "{global_id}")', on=type_name)
        answer, _ = both_ways(document, people[kind])
        answered += answer.data is not None and answer.data["node"] is not None
    assert answered >= 3


def test_everything_but_streams_is_compiled() -> None:
    assert uncompiled(graphql_schema(schema)) == {
        "Subscription.attemptUpdated": "a stream; each of its events is compiled",
        "Subscription.eventOccurred": "a stream; each of its events is compiled",
        "Subscription.notificationReceived": "a stream; each of its events is compiled",
    }


def test_a_resolver_of_its_own_is_listed() -> None:
    @strawberry.type
    class Query:
        plain: int = 1

        @strawberry.field
        def resolved(self) -> int:
            return 2

    assert uncompiled(graphql_schema(strawberry.Schema(Query))) == {"Query.resolved": "a resolver of its own"}


def test_threads_compile_for_more_variables_than_are_kept_without_losing_any() -> None:
    text = "query($n: Int) { courses { edges { node { reviews(first: $n) { edges { cursor } } } } } }"
    prepared = prepare(schema, text)
    [definition] = prepared.document.definitions
    assert isinstance(definition, OperationDefinitionNode)

    def compile_many(_: int) -> None:
        for number in range(1, 3 * KEPT_FOR_A_DOCUMENT):
            compiled = prepared.reads.compiled(
                graphql_schema(schema), definition, VariableValues({}, {"n": number}), None
            )
            assert list(compiled.roots) == ["courses"]

    assert at_once(compile_many) == []
