"""Static analysis of operations: depth, aliases, mutation fields, and cost in points.

All are measured in one pass over the parsed document that visits every fragment once, however often it is spread. The
pass is independent of variables; page sizes, hence the cost, depend on them, so the cost is kept as a formula that
each request evaluates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from django.conf import settings
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_introspection_type,
    value_from_ast_untyped,
)

from schema.core.error_codes import Limit, limit_exceeded
from schema.documents import introspection

Size: TypeAlias = int | str
"""Number of rows of a field: an integer, or the name of the variable that determines it."""

CEILING = 10**12
"""Saturation value of counts: nested fragments can make numbers that no JSON reader takes."""

FIELD_COST = 1
MUTATION_COST = 10
LEAST_COST = 1
"""Points for a request that is refused, or for opening a connection."""

_SIZE_ARGUMENTS = ("first", "last", "ids")


@dataclass
class Shape:
    """Measure of a selection set, independent of variables: counts with every fragment expanded.

    The cost is `fixed_cost` plus, for each of `parts`, its cost times the largest of its sizes.
    """

    depth: int = 0
    width: int = 0
    aliases: int = 0
    fixed_cost: int = 0
    parts: list[tuple[tuple[Size, ...], "Shape"]] = field(default_factory=list)

    def add_beside(self, other: "Shape") -> None:
        """Add the fields of a fragment to this selection set."""
        self.depth = max(self.depth, other.depth)
        self.width += other.width
        self.aliases += other.aliases
        self._add_cost((1,), other)

    def add_field(self, cost: int, alias: bool, sizes: tuple[Size, ...], below: "Shape") -> None:
        self.depth = max(self.depth, below.depth + 1)
        self.width += 1
        self.aliases += below.aliases + alias
        self.fixed_cost += cost
        self._add_cost(sizes, below)

    def _add_cost(self, sizes: tuple[Size, ...], other: "Shape") -> None:
        if sizes == (1,) and not other.parts:
            self.fixed_cost += other.fixed_cost
        else:
            self.parts.append((sizes, other))

    def cost(self, variables: Mapping[str, Any]) -> int:
        return min(self._cost(variables, {}), CEILING)

    def _cost(self, variables: Mapping[str, Any], known: dict[int, int]) -> int:
        if id(self) not in known:
            known[id(self)] = self.fixed_cost + sum(
                max(_rows(size, variables) for size in sizes) * part._cost(variables, known)
                for sizes, part in self.parts
            )
        return known[id(self)]


def measure(schema: GraphQLSchema, document: DocumentNode) -> dict[str | None, Shape]:
    """Measure each operation of a valid document, by name."""
    pass_ = _Pass(schema, document)
    return {
        definition.name.value if definition.name else None: pass_.operation(definition)
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    }


def refuse(operation: OperationDefinitionNode, shape: Shape, cost: int) -> list[GraphQLError]:
    """Return a refusal for each limit that the operation exceeds, with limit and actual value."""
    measured = [
        (
            Limit.DEPTH,
            shape.depth,
            settings.MAX_DEPTH,
            "is {actual} levels deep; at most {limit} are allowed",
        ),
        (
            Limit.ALIASES,
            shape.aliases,
            settings.MAX_ALIASES,
            "has {actual} aliases; at most {limit} are allowed",
        ),
        (
            Limit.COST,
            cost,
            settings.MAX_COST,
            "costs {actual}; at most {limit} is allowed: ask for fewer or smaller pages",
        ),
    ]
    if operation.operation is OperationType.MUTATION:
        sentence = "has {actual} mutation fields; at most {limit} are allowed"
        measured.append((Limit.MUTATION_FIELDS, shape.width, settings.MAX_MUTATION_FIELDS, sentence))
    return [
        limit_exceeded(limit, f"The query {sentence}.".format(actual=min(actual, CEILING), limit=most))
        for limit, actual, most, sentence in measured
        if actual > most
    ]


def variables_with_defaults(
    operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the request's variables, completed by the operation's defaults."""
    defaults = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value
    }
    return {**defaults, **variables}


class _Pass:
    """Single pass over one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Shape] = {}

    def operation(self, operation: OperationDefinitionNode) -> Shape:
        field_cost = MUTATION_COST if operation.operation is OperationType.MUTATION else FIELD_COST
        root = self._schema.get_root_type(operation.operation)
        return self._selections(operation.selection_set, root, field_cost)

    def _selections(
        self, selections: SelectionSetNode, parent: GraphQLNamedType | None, field_cost: int
    ) -> Shape:
        shape = Shape()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                self._add_field(shape, selection, parent, field_cost)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                narrowed = self._schema.get_type(condition.name.value) if condition else parent
                shape.add_beside(self._selections(selection.selection_set, narrowed, field_cost))
            elif isinstance(selection, FragmentSpreadNode):
                shape.add_beside(self._fragment(selection.name.value, field_cost))
        return shape

    def _fragment(self, name: str, field_cost: int) -> Shape:
        if name not in self._measured:
            fragment = self._fragments[name]
            parent = self._schema.get_type(fragment.type_condition.name.value)
            self._measured[name] = self._selections(fragment.selection_set, parent, field_cost)
        return self._measured[name]

    def _add_field(
        self, shape: Shape, node: FieldNode, parent: GraphQLNamedType | None, field_cost: int
    ) -> None:
        definition = self._schema.get_field(parent, node.name.value) if is_composite_type(parent) else None
        answer = get_named_type(definition.type) if definition else None
        below = Shape()
        if node.selection_set:
            below = self._selections(node.selection_set, answer, FIELD_COST)
        if node.name.value in introspection.ROOT_FIELDS:
            below = replace(below, fixed_cost=introspection.price(below.cost({})), parts=[])
        sizes = _sizes(node, definition)
        if parent and is_introspection_type(parent):
            sizes = (introspection.list_sizes(self._schema).get(node.name.value, 1),)
        shape.add_field(field_cost, node.alias is not None, sizes, below)


def _sizes(node: FieldNode, definition: GraphQLField | None) -> tuple[Size, ...]:
    """Return the sizes of a field's list, of which the largest counts; a field without any has one row."""
    given = tuple(
        _size(argument.value) for argument in node.arguments or () if argument.name.value in _SIZE_ARGUMENTS
    )
    if given:
        return given
    has_pages = definition is not None and "first" in definition.args
    return (settings.DEFAULT_PAGE_SIZE,) if has_pages else (1,)


def _size(value: ValueNode) -> Size:
    match value:
        case VariableNode():
            return value.name.value
        case ListValueNode():
            return len(value.values)
        case IntValueNode():
            return _page(int(value.value))
        case _:
            return int(settings.DEFAULT_PAGE_SIZE)


def _rows(size: Size, variables: Mapping[str, Any]) -> int:
    if isinstance(size, int):
        return size
    match variables.get(size):
        case None:
            return int(settings.DEFAULT_PAGE_SIZE)
        case list() as ids:
            return len(ids)
        case int() as asked:
            return _page(asked)
        case _:
            return int(settings.MAX_PAGE_SIZE)


def _page(asked: int) -> int:
    """Clamp a page size to its limits. The connection refuses one outside them, so its cost does not matter."""
    return min(max(asked, 1), int(settings.MAX_PAGE_SIZE))
