"""Introspection: cached, as its result is the same for everybody, and executed off the event loop.

Its cost counts the values of the result, estimated by the average lengths of this schema's lists. Twenty of them cost
a point, since no database is read.
"""

import asyncio
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_object_type,
)
from strawberry import Schema

from courses.utils.kept import Kept
from schema.core.upstream import graphql_schema

ROOT_FIELDS = frozenset({"__schema", "__type"})
VALUES_PER_POINT = 20

_ANSWERS = Kept[tuple[Schema, int, str | None], tuple[DocumentNode, dict[str, Any]]](number=16)
"""Results by document id and operation name. The document is kept as well, so that its id is not reused.
Each is as large as MAX_COST allows: some megabytes.
"""


def is_pure(operation: OperationDefinitionNode) -> bool:
    """Tell if the operation selects introspection fields only, and has no variables."""
    return (
        operation.operation is OperationType.QUERY
        and not operation.variable_definitions
        and all(
            isinstance(each, FieldNode) and each.name.value in ROOT_FIELDS
            for each in operation.selection_set.selections
        )
    )


async def answer(
    schema: Schema, document: DocumentNode, operation: OperationDefinitionNode
) -> ExecutionResult:
    """Execute a pure operation, or return its cached result."""
    name = operation.name.value if operation.name else None
    kept = _ANSWERS.get((schema, id(document), name))
    if kept is not None:
        return ExecutionResult(kept[1], None)
    result = await asyncio.to_thread(execute, graphql_schema(schema), document, operation_name=name)
    assert isinstance(result, ExecutionResult)
    if result.data is not None and not result.errors:
        _ANSWERS.put((schema, id(document), name), (document, result.data))
    return result


def price(values: int) -> int:
    """Return the cost, in points, of so many values of a result."""
    return -(-values // VALUES_PER_POINT)


@lru_cache
def list_sizes(schema: GraphQLSchema) -> Mapping[str, int]:
    """Return the lengths of introspection's lists by field: those of types and fields on average, rounded up."""
    types = schema.type_map.values()
    fields = [field for type_ in types if is_object_type(type_) for field in type_.fields.values()]
    lengths = {
        "fields": len(fields),
        "inputFields": sum(len(type_.fields) for type_ in types if is_input_object_type(type_)),
        "enumValues": sum(len(type_.values) for type_ in types if is_enum_type(type_)),
        "interfaces": sum(len(type_.interfaces) for type_ in types if is_object_type(type_)),
        "possibleTypes": sum(
            len(schema.get_possible_types(type_)) for type_ in types if is_abstract_type(type_)
        ),
    }
    return {
        "types": len(types),
        "directives": len(schema.directives),
        "args": math.ceil(sum(len(field.args) for field in fields) / len(fields)),
        **{name: math.ceil(length / len(types)) for name, length in lengths.items()},
    }
