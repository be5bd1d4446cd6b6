"""An upgrade that moves or changes what schema/core/upstream.py needs of graphql-core and Strawberry fails here.

A name that has moved fails earlier: then that module cannot be imported, and the error names it.
"""

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import pytest
import strawberry
import strawberry_django
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    TypeInfo,
    ValidationContext,
    ValidationRule,
    parse,
    visit,
)
from strawberry.asgi import GraphQL
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext, ExecutionResult

import schema as ours
from courses.models import Course
from schema.core import upstream
from schema.core.executor import Executor
from schema.core.inputs import like
from schema.core.upstream import (
    ASGIWebSocketAdapter,
    Operation,
    StrawberryDjangoField,
    StrawberryField,
    StrawberryGraphQLCoreExecutionContext,
    TransportHandlerBase,
)

UPSTREAM = ("graphql", "strawberry", "strawberry_django")

RELIED_ON: dict[Any, dict[str, str]] = {
    StrawberryGraphQLCoreExecutionContext: {
        "complete_value": "self, return_type, field_details_list, info, path, result, position_context",
    },
    TransportHandlerBase: {
        "handle": "self",
        "handle_connection_init": "self, message",
        "handle_invalid_message": "self, error_message",
        "handle_message": "self, message",
        "handle_subscribe": "self, message",
        "run_operation": "self, operation",
        "send_message": "self, message",
    },
    Operation: {
        "send_initial_errors": "self, errors",
        "send_next": "self, execution_result",
        "send_operation_message": "self, message",
    },
    ASGIWebSocketAdapter: {
        "close": "self, code, reason",
        "iter_json": "self, ignore_parsing_errors",
        "send_json": "self, message",
    },
    GraphQL: {
        "create_response": "self, response_data, sub_response",
        "create_streaming_response": "self, request, stream, sub_response, headers",
        "decode_json": "self, data",
        "encode_json": "self, data",
        "execute_operation": "self, request, request_adapter, request_data, context, root_value, sub_response",
        "get_context": "self, request, response",
        "get_sub_response": "self, request",
        "parse_http_body": "self, request",
        "process_result": "self, request, result",
        "reject_websocket": "self, request",
        "render_graphql_ide": "self, request",
        "run": "self, request, context, root_value",
        "should_render_graphql_ide": "self, request",
    },
    strawberry.Schema: {"process_errors": "self, errors, execution_context"},
    SchemaExtension: {
        "get_results": "self",
        "on_execute": "self",
        "on_operation": "self",
        "on_parse": "self",
        "on_stream_result": "self, result",
        "on_validate": "self",
    },
    StrawberryField: {"get_result": "self, source, info, args, kwargs"},
    StrawberryDjangoField: {"get_result": "self, source, info, args, kwargs"},
    ValidationContext: {
        "get_fragment_spreads": "self, node",
        "get_recursive_variable_usages": "self, operation",
        "get_variable_usages": "self, node",
        "spend_fragment_work": "self, cost",
    },
    upstream.convert_arguments: {"": "value, arguments, scalar_registry, config, info"},
    upstream.StrawberryAnnotation: {"": "annotation, namespace"},
}
"""Members that we override or call, with the names of their parameters."""


@pytest.mark.parametrize(
    ("owner", "member"), [(owner, member) for owner, members in RELIED_ON.items() for member in members]
)
def test_what_is_relied_on_is_there_and_takes_the_same(owner: Any, member: str) -> None:
    expected = RELIED_ON[owner][member]
    found = getattr(owner, member, None) if member else owner
    assert found is not None, (
        f"{owner.__name__}.{member} is gone: look at what overrides or calls it in schema/"
    )
    parameters = ", ".join(inspect.signature(found).parameters)
    assert parameters == expected, (
        f"{owner.__name__} {member} takes other parameters than when it was written for"
    )


def _classes(base: type) -> Iterator[type]:
    subclasses: list[type] = type.__subclasses__(base)
    for each in subclasses:
        yield each
        yield from _classes(each)


def test_every_method_that_is_overridden_is_among_what_is_relied_on() -> None:
    for module in pkgutil.walk_packages(ours.__path__, "schema."):
        importlib.import_module(module.name)
    listed = {name for members in RELIED_ON.values() for name in members}
    overridden = {
        name
        for cls in set(_classes(object))
        if str(cls.__module__).startswith("schema.") and cls.__module__ != upstream.__name__
        for name, value in vars(cls).items()
        if inspect.isfunction(value) and not name.startswith("__")
        for base in cls.__mro__[1:]
        if base.__module__.startswith(UPSTREAM) and name in vars(base)
    }
    assert sorted(overridden - listed - {"enter_named_type"}) == []


# ---------------------------------------------------------------- schemas, fields, types


@strawberry.enum
class Colour(Enum):
    RED = "red"


@strawberry.input(one_of=True)
class Either:
    a: strawberry.Maybe[int]
    b: strawberry.Maybe[int]


@strawberry.type
class Query:
    plain: int = 1

    @strawberry.field
    def seen(self, info: strawberry.Info, either: Either | None = None, colour: Colour | None = None) -> bool:
        _seen.append(upstream.resolve_info(info))
        return True


@strawberry.type
class Nested:
    @strawberry.field
    def query(self) -> Query:
        return Query()


_seen: list[Any] = []
SCHEMA = strawberry.Schema(Query)


def test_each_schema_leads_to_the_other() -> None:
    core = upstream.graphql_schema(SCHEMA)
    assert core.get_type("Query") is not None
    assert upstream.strawberry_schema(core) is SCHEMA
    assert SCHEMA.schema_converter.scalar_registry


def test_fields_and_types_lead_to_their_definitions() -> None:
    types: Any = upstream.graphql_schema(SCHEMA).type_map
    plain, seen = (upstream.definition_behind(types["Query"].fields[name]) for name in ("plain", "seen"))
    assert (type(plain), plain.python_name, plain.is_basic_field) == (StrawberryField, "plain", True)
    assert not seen.is_basic_field
    assert upstream.definition_behind(types["Either"]).is_one_of
    assert upstream.definition_behind(types["__Type"]) is None


def test_info_has_the_nodes_of_the_document_and_plain_variables() -> None:
    _seen.clear()
    result = SCHEMA.execute_sync(
        "query($n: Int!) { seen(either: {a: $n}) ...F } fragment F on Query { plain }",
        {"n": 1},
        root_value=Query(),
    )
    assert result.errors is None
    [info] = _seen
    assert [node.name.value for node in info.field_nodes] == ["seen"]
    assert (info.variable_values, list(info.fragments), str(info.return_type)) == (
        {"n": 1},
        ["F"],
        "Boolean!",
    )


def test_values_of_an_enum_can_be_described() -> None:
    [value] = upstream.values_of_enum(Colour)
    assert (value.name, value.description) == ("RED", None)


@pytest.mark.parametrize("name", ["Second", None])
def test_the_operation_that_was_named_is_no_other(name: str | None) -> None:
    context = ExecutionContext("", SCHEMA, [], provided_operation_name=name)
    context.graphql_document = parse("query First { plain } query Second { plain }")
    assert upstream.operation_name_given(context) == name


def test_types_of_fields_are_opened() -> None:
    @strawberry.type
    class Later:
        node: "Unknown"  # type: ignore[name-defined]  # noqa: F821
        lazily: list[Query] | None

    unresolved, wrapped = upstream.get_object_definition(Later, strict=True).fields
    assert unresolved.type is upstream.UNRESOLVED
    optional = wrapped.type
    assert isinstance(optional, upstream.StrawberryContainer)
    listed: Any = optional.of_type
    assert listed.of_type is Query
    assert upstream.get_object_definition(Query, strict=True).type_var_map == {}
    lazy: Any = upstream.LazyType("Query", __name__)
    assert lazy.resolve_type() is Query


def test_columns_take_their_description_from_the_model() -> None:
    field = StrawberryDjangoField(django_name="title", description=None)
    assert field.django_name == "title"
    assert issubclass(StrawberryDjangoField, StrawberryField)
    assert strawberry_django.field.__module__.startswith("strawberry_django")
    assert like(Course, "title").description


def test_names_are_those_of_the_api() -> None:
    assert upstream.to_camel_case("grading_state") == "gradingState"


# ---------------------------------------------------------------- validation


def test_documents_are_visited_by_the_members_of_their_nodes() -> None:
    keys = upstream.QUERY_DOCUMENT_KEYS
    assert keys["document"] == ("definitions",)
    assert {"arguments", "directives", "selection_set"} <= set(keys["field"])


def test_fragments_that_are_nested_too_deeply_raise_before_they_are_followed() -> None:
    levels = 1_000
    spreads = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(levels))
    document = parse(f"{{ ...F0 }} {spreads} fragment F{levels} on Query {{ plain }}")
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    with pytest.raises(RecursionError):
        visit(document, upstream.FragmentNestingVisitor(fragments))


def _overlapping(document: DocumentNode) -> OverlappingFieldsCanBeMergedRule:
    core = upstream.graphql_schema(SCHEMA)
    return OverlappingFieldsCanBeMergedRule(ValidationContext(core, document, TypeInfo(core), lambda _: None))


def test_comparing_fields_ends_with_its_budget() -> None:
    document = parse("{ a: plain a: plain a: plain }")
    rule = _overlapping(document)
    before = rule.rule_context.remaining_complexity_budget = 100
    visit(document, rule)
    assert rule.rule_context.remaining_complexity_budget < before
    rule = _overlapping(document)
    rule.rule_context.remaining_complexity_budget = 0
    with pytest.raises(upstream.ValidationAbortedError):
        visit(document, rule)


def test_the_rule_of_maybe_is_a_rule() -> None:
    assert issubclass(upstream.MaybeNullValidationRule, ValidationRule)


# ---------------------------------------------------------------- execution


def test_an_executor_tells_what_is_awaitable_and_where_it_is() -> None:
    found: list[tuple[Any, bool]] = []

    class Watched(Executor):
        def complete_value(self, *args: Any) -> Any:
            info, path, result = args[2:5]
            found.append((path.prev, self.is_awaitable(result)))
            assert (info.path, info.variable_values) == (path, {})
            return super().complete_value(*args)

    strawberry.Schema(Nested, execution_context_class=Watched).execute_sync("{ query { plain } }")
    assert found[0] == (None, False)


def test_results_are_told_apart() -> None:
    assert issubclass(upstream.PreExecutionError, ExecutionResult)
    assert ExecutionResult in get_args(upstream.StreamExecutionResult)
    assert {kind.name for kind in upstream.OperationType} == {"QUERY", "MUTATION", "SUBSCRIPTION"}
    error = upstream.InvalidOperationTypeError(upstream.OperationType.MUTATION)
    assert error.operation_type is upstream.OperationType.MUTATION


# ---------------------------------------------------------------- WebSocket


def test_a_connection_is_told_of_operations_that_end() -> None:
    async def ended() -> tuple[list[Any], list[Any]]:
        tasks: list[Any] = []
        operations: list[Any] = []

        class Handler(TransportHandlerBase):
            async def run_operation(self, operation: Any) -> None:
                operations.append(
                    (operation.id, operation.query, operation.variables, operation.operation_name)
                )

            def task_ended(self, task: asyncio.Task[None]) -> None:
                tasks.append(task)

        parts: Any = dict.fromkeys(
            ("view", "websocket", "context", "root_value", "schema", "connection_init_wait_timeout")
        )
        handler = Handler(**parts, max_subscriptions_per_connection=1)
        handler.connection_acknowledged = True
        await handler.handle_subscribe(
            {"id": "1", "type": "subscribe", "payload": {"query": "{ a }", "operationName": "A"}}
        )
        task = handler.operations["1"].task
        assert task is not None
        await task
        await asyncio.sleep(0)
        assert tasks == [task]
        return tasks, operations

    assert asyncio.run(ended())[1] == [("1", "{ a }", None, "A")]
