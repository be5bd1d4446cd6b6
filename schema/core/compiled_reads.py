"""Queries answered without an executor: what a selection asks is compiled once, and run for every request after.

A compiled read holds, for each root field, the plan of what to load and the function that makes JSON of the rows. It
is kept with its document, for the scopes of the token and for those variables that change the plan. All root fields
are read in one visit to a database thread.

It never tells an error. A field that cannot be compiled, a missing scope, arguments that cannot be met, null where it
is not allowed, a value that nothing has filled: all of that is left to the ordinary way, graphql-core and the
DataLoaders, which execute the operation from its beginning. Queries have no effects, so asking twice is safe.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, TypeAlias

import orjson
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeNameMetaFieldDef,
    Undefined,
    VariableNode,
    VariableValues,
    get_argument_values,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from schema.context import Context, Identity
from schema.core.fields import Column, DeclaredField, Operation
from schema.core.ids import type_name_of
from schema.core.look_ahead import RootInfo, Selection
from schema.core.queries import RootRead, root_read_of
from schema.core.upstream import StrawberryField, convert_arguments, definition_behind, strawberry_schema
from schema.dataloaders.plans import Plan

Shown: TypeAlias = Callable[[Any], Any]
"""Makes JSON of a value, or of an object the value of one of its fields."""

KEPT_FOR_A_DOCUMENT = 16
"""How many reads are kept with a document: one for each choice of scopes and of variables that change the plan."""

_UNCHANGED: dict[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars that publish values of exactly these classes as they are."""


class NotCompiled(Exception):  # noqa: N818 - it is no failure: the ordinary way goes on
    """Something that only the ordinary way can execute, or tell."""


@dataclass(frozen=True)
class _Root:
    name: str
    read: RootRead
    definition: GraphQLField
    node: FieldNode
    plan_for: Callable[[str | None], Plan]
    show: Shown


@dataclass
class CompiledReads:
    """The reads of one document, the latest compiled last; None for an operation that cannot be compiled."""

    variables: dict[str | None, tuple[str, ...]] = field(default_factory=dict)
    kept: dict[Any, "Sequence[_Root] | None"] = field(default_factory=dict)


def read(
    schema: GraphQLSchema,
    reads: CompiledReads,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: Context,
) -> dict[str, Any] | None:
    """The `data` of a valid query, or None where the ordinary way has to answer. Work for a database thread."""
    roots = _roots_of(schema, reads, fragments, operation, variables, context)
    return None if roots is None else _read(schema, roots, variables, context)


def _roots_of(
    schema: GraphQLSchema,
    reads: CompiledReads,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: Context,
) -> "Sequence[_Root] | None":
    name = operation.name.value if operation.name else None
    if name not in reads.variables:
        reads.variables[name] = tuple(sorted(_variables_of_plans(operation, fragments)))
    values = [variables.coerced.get(each, ...) for each in reads.variables[name]]
    scopes = context.identity.scopes
    key = name, scopes, orjson.dumps(values, default=repr)
    if key not in reads.kept:
        while len(reads.kept) >= KEPT_FOR_A_DOCUMENT:
            del reads.kept[next(iter(reads.kept))]
        try:
            reads.kept[key] = _Compiler(schema, fragments, variables, scopes).roots(operation)
        except (NotCompiled, GraphQLError):
            reads.kept[key] = None
    return reads.kept[key]


def _variables_of_plans(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> set[str]:
    """The variables that decide what is loaded: those of directives, and of arguments beneath root fields."""
    found: set[str] = set()
    seen: set[tuple[str, bool]] = set()

    def visit(selections: SelectionSetNode, is_root: bool) -> None:
        for node in selections.selections:
            for directive in node.directives or ():
                found.update(_variables_in(directive.arguments))
            if isinstance(node, FieldNode):
                if not is_root:
                    found.update(_variables_in(node.arguments))
                if node.selection_set:
                    visit(node.selection_set, False)
            elif isinstance(node, InlineFragmentNode):
                visit(node.selection_set, is_root)
            elif isinstance(node, FragmentSpreadNode) and (node.name.value, is_root) not in seen:
                seen.add((node.name.value, is_root))
                visit(fragments[node.name.value].selection_set, is_root)

    visit(operation.selection_set, True)
    return found


def _variables_in(arguments: Any) -> Iterator[str]:
    waiting = [argument.value for argument in arguments or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, VariableNode):
            yield value.name.value
        waiting.extend(getattr(value, "values", ()))
        waiting.extend(each.value for each in getattr(value, "fields", ()))


def _read(
    schema: GraphQLSchema, roots: Sequence[_Root], variables: VariableValues, context: Context
) -> dict[str, Any] | None:
    operation = Operation(schema, variables, context)
    try:
        return {root.name: _read_root(root, operation) for root in roots}
    except Exception:  # noqa: BLE001 - whatever it is, the ordinary way runs into it as well, and tells it
        return None


def _read_root(root: _Root, operation: Operation) -> Any:
    converting = strawberry_schema(operation.schema)
    arguments = convert_arguments(
        get_argument_values(root.definition, root.node, operation.variables),
        definition_behind(root.definition).arguments,
        scalar_registry=converting.schema_converter.scalar_registry,
        config=converting.config,
    )
    info: Any = RootInfo(operation.context, root.plan_for)
    return root.show(root.read(info, root.plan_for(None), arguments))


class _Compiler:
    """Compiles one operation, for the scopes and the variables of a request."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        scopes: frozenset[str] | None,
    ) -> None:
        self._schema = schema
        # Whoever asks first leaves nothing of themselves behind: what is compiled is for everybody with their scopes.
        self._operation = Operation(schema, variables, Context(Identity(scopes=scopes)))
        self._selection = Selection(self._operation, fragments, strict=True)

    def roots(self, operation: OperationDefinitionNode) -> list[_Root]:
        """Every root field. Raises NotCompiled when there is one that is not compiled."""
        query = self._schema.query_type
        assert query is not None
        return [
            self._root(query, name, nodes)
            for name, nodes in self._selection.fields(query, [operation.selection_set]).items()
        ]

    def _root(self, query: GraphQLObjectType, name: str, nodes: list[FieldNode]) -> _Root:
        definition = query.fields.get(nodes[0].name.value)
        read = definition and root_read_of(definition_behind(definition))
        if definition is None or read is None or not self._operation.context.has_scope(read.scope):
            raise NotCompiled(f"{query.name}.{nodes[0].name.value}")
        plans: dict[str | None, Plan] = {}

        def plan_for(type_name: str | None) -> Plan:
            if type_name not in plans:
                plans[type_name] = self._selection.plan_beneath(definition.type, nodes, type_name)
            return plans[type_name]

        plan_for(None)
        return _Root(name, read, definition, nodes[0], plan_for, self._completed(definition.type, nodes))

    def _field(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Shown:
        """What shows a field of an object."""
        name = nodes[0].name.value
        definition = self._schema.get_field(parent, name)
        if definition is TypeNameMetaFieldDef:
            return lambda _object: parent.name
        assert definition is not None
        read = self._reader(definition, nodes[0])
        if read is None:
            raise NotCompiled(f"{parent.name}.{name}")
        type_, is_nullable = _nullable(definition.type)
        if is_leaf_type(type_):
            return _leaf(read, type_, is_nullable)
        show = self._completed(definition.type, nodes)
        return lambda object_: show(read(object_))

    def _reader(self, definition: GraphQLField, node: FieldNode) -> Shown | None:
        field = definition_behind(definition)
        if isinstance(field, Column):
            return field.reader(node)
        if isinstance(field, DeclaredField):
            return field.reader(definition, node, self._operation)
        if type(field) is StrawberryField and field.is_basic_field:
            return attrgetter(field.python_name)
        return None

    def _completed(self, type_: Any, nodes: list[FieldNode]) -> Shown:
        """What makes JSON of the values of a type."""
        type_, is_nullable = _nullable(type_)
        show = self._value(type_, nodes)

        def complete(value: Any) -> Any:
            if value is None:
                if is_nullable:
                    return None
                raise NotCompiled("null where none is allowed")
            return show(value)

        return complete

    def _value(self, type_: Any, nodes: list[FieldNode]) -> Shown:
        if is_leaf_type(type_):
            return _leaf(_itself, type_, False)
        if is_list_type(type_):
            show = self._completed(type_.of_type, nodes)

            def items(values: Any) -> list[Any]:
                if type(values) is not list:
                    raise NotCompiled("no list")
                return [show(value) for value in values]

            return items
        if is_object_type(type_):
            return self._object(type_, nodes)
        if is_interface_type(type_):
            return self._interface(nodes)
        raise NotCompiled(str(type_))

    def _object(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Shown:
        selections = [node.selection_set for node in nodes if node.selection_set]
        shown = [
            (name, self._field(type_, of_name))
            for name, of_name in self._selection.fields(type_, selections).items()
        ]
        return lambda object_: {name: show(object_) for name, show in shown}

    def _interface(self, nodes: list[FieldNode]) -> Shown:
        """Rows of any node type: what is asked of each type is compiled when the first of its rows is met."""
        known: dict[type, Shown] = {}

        def show(row: Any) -> Any:
            if type(row) not in known:
                type_ = self._schema.get_type(type_name_of(row))
                assert isinstance(type_, GraphQLObjectType)
                known[type(row)] = self._object(type_, nodes)
            return known[type(row)](row)

        return show


def _leaf(read: Shown, type_: Any, is_nullable: bool) -> Shown:
    unchanged, coerce = _UNCHANGED.get(type_), type_.coerce_output_value

    def leaf(object_: Any) -> Any:
        value = read(object_)
        if type(value) is unchanged:
            return value
        if value is None and is_nullable:
            return None
        shown = None if value is None else coerce(value)
        if shown is None or shown is Undefined:
            raise NotCompiled("no value of the type")
        return shown

    return leaf


def _itself(value: Any) -> Any:
    return value


def _nullable(type_: Any) -> tuple[Any, bool]:
    """The type without its mark of never being null, and whether it had none."""
    return (type_.of_type, False) if is_non_null_type(type_) else (type_, True)
