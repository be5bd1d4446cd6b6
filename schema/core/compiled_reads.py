"""Queries answered without an executor: what a selection asks is compiled once, and run for every request after.

A compiled read holds, for each root field, the plan of what to load and the function that makes JSON of the rows. It
is kept with its document, for the scopes of the token and for those variables that change the plan. All root fields
are read in one visit to a database thread.

It never tells an error. A field that cannot be compiled, a missing scope, arguments that cannot be met, null where it
is not allowed, a value that nothing has filled: all of that is left to the ordinary way, graphql-core and the
DataLoaders, which execute the operation from its beginning. Queries have no effects, so asking twice is safe.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from threading import Lock
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
    GraphQLResolveInfo,
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

from courses.constants import Scope
from schema.context import Context, Identity, Info
from schema.core.fields import Column, DeclaredField, Operation
from schema.core.ids import type_name_of
from schema.core.kept import Kept
from schema.core.selections import Selection
from schema.core.upstream import (
    StrawberryField,
    convert_arguments,
    definition_behind,
    resolve_info,
    strawberry_schema,
)
from schema.dataloaders.base import fill
from schema.dataloaders.plans import Plan

Shown: TypeAlias = Callable[[Any], Any]
"""Makes JSON of a value, or of an object the value of one of its fields."""

KEPT_FOR_A_DOCUMENT = 16
"""Number of reads cached with a document: one for each choice of scopes and of variables that change the plan."""

_UNCHANGED: dict[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars that publish values of exactly these classes as they are."""


class NotCompiled(Exception):  # noqa: N818 - it is no failure: the ordinary way goes on
    """Something that only the ordinary way can execute, or tell."""


@dataclass(frozen=True)
class RootRead:
    """Data source of a root field of Query: the scope that it needs, and its function."""

    scope: Scope
    function: Callable[..., Any]

    def __call__(self, info: Any, plan: Plan, arguments: Mapping[str, Any]) -> Any:
        """Return the value of the field, filled with what `plan` asks beneath it: work for a database thread."""
        value = self.function(info, **arguments)
        if value is not None:
            fill(info.context.viewer, value if isinstance(value, list) else [value], plan)
        return value


@dataclass(frozen=True)
class RootInfo:
    """Stand-in for `info` in a root field's function: the request's context, and plans made before."""

    context: Context
    plan_for: Callable[[str | None], Plan]


@dataclass(frozen=True)
class Root:
    """Compiled root field: `read` is that of a query, `write` carries out a mutation; subscriptions have neither."""

    definition: GraphQLField
    node: FieldNode
    plan_for: Callable[[str | None], Plan]
    show: Shown
    read: RootRead | None
    write: Callable[[RootInfo, Plan, dict[str, Any]], Any] | None

    def arguments(self, schema: GraphQLSchema, variables: VariableValues) -> dict[str, Any]:
        """Return the arguments as Strawberry converts them. Raises GraphQLError for those that cannot be met."""
        converting = strawberry_schema(schema)
        return convert_arguments(
            get_argument_values(self.definition, self.node, variables),
            definition_behind(self.definition).arguments,
            scalar_registry=converting.schema_converter.scalar_registry,
            config=converting.config,
        )


class CompiledReads:
    """Operations of one document, compiled: the KEPT_FOR_A_DOCUMENT used last, for all threads."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._variables: dict[str | None, tuple[str, ...]] = {}
        self._kept = Kept[Any, Mapping[str, Root]](number=KEPT_FOR_A_DOCUMENT, weight=KEPT_FOR_A_DOCUMENT)
        self._lock = Lock()

    def roots(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        scopes: frozenset[str] | None,
    ) -> Mapping[str, Root]:
        """Return the root fields by response name; none for an operation that cannot be compiled."""
        name = operation.name.value if operation.name else None
        if name not in self._variables:
            self._variables[name] = tuple(sorted(_variables_of_plans(operation, self._fragments)))
        values = [variables.coerced.get(each, ...) for each in self._variables[name]]
        key = name, scopes, orjson.dumps(values, default=repr)
        with self._lock:
            compiled = self._kept.get(key)
        if compiled is None:
            try:
                compiled = _Compiler(schema, self._fragments, variables, scopes).roots(operation)
            except (NotCompiled, GraphQLError):
                compiled = {}
            with self._lock:
                self._kept.put(key, compiled, weight=1)
        return compiled


def read(
    schema: GraphQLSchema,
    reads: CompiledReads,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: Context,
) -> dict[str, Any] | None:
    """Return the `data` of a valid query, or None where the ordinary way has to answer: work for a database thread."""
    roots = reads.roots(schema, operation, variables, context.identity.scopes)
    if not roots:
        return None
    try:
        return {name: _read_root(root, schema, variables, context) for name, root in roots.items()}
    except Exception:  # noqa: BLE001 - whatever it is, the ordinary way runs into it as well, and tells it
        return None


def carry_out(
    schema: GraphQLSchema,
    reads: CompiledReads,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: Context,
) -> dict[str, Any] | None:
    """Carry out an operation of one mutation, and return its `data`: work for a database thread.

    None where the ordinary way has to answer. The outcome, a payload or a failure, then stands in the context, and
    nothing is carried out twice.
    """
    roots = reads.roots(schema, operation, variables, context.identity.scopes)
    if context.viewer is None or len(roots) != 1:
        return None
    [(name, root)] = roots.items()
    if root.write is None:
        return None
    try:
        arguments = root.arguments(schema, variables)
    except GraphQLError:
        return None
    try:
        payload = root.write(RootInfo(context, root.plan_for), root.plan_for(None), arguments)
    except Exception as failure:  # noqa: BLE001 - it is raised once more, where errors are told
        context.carried_out.append(partial(_raise, failure))
        return None
    try:
        return {name: root.show(payload)}
    except Exception:  # noqa: BLE001 - graphql-core runs into it as well, and tells it
        context.carried_out.append(lambda: payload)
        return None


def _raise(failure: Exception) -> None:
    raise failure


def compiled_root(info: GraphQLResolveInfo[Any]) -> Root | None:
    """Return the root field that is executed, if its operation is compiled for the request."""
    context = info.context
    if not isinstance(context, Context) or context.reads is None or info.path.prev is not None:
        return None
    variables = _variables_of(info)
    roots = context.reads.roots(info.schema, info.operation, variables, context.identity.scopes)
    return roots.get(str(info.path.key))


def look_ahead(info: Info | RootInfo, type_name: str | None = None) -> Plan:
    """Return the plan of everything asked beneath the root field that `info` is about.

    A field that leads to an interface has a plan for each type of object, to be named by `type_name`.
    """
    if isinstance(info, RootInfo):
        return info.plan_for(type_name)
    raw, plans = resolve_info(info), info.context.plans
    if root := compiled_root(raw):
        return root.plan_for(type_name)
    key = id(raw.field_nodes[0]), type_name
    if key not in plans:
        operation = Operation(raw.schema, _variables_of(raw), info.context)
        selection = Selection(operation, raw.fragments)
        plans[key] = selection.plan_beneath(raw.return_type, raw.field_nodes, type_name)
    return plans[key]


def _variables_of(info: GraphQLResolveInfo[Any]) -> VariableValues:
    coerced: Any = info.variable_values  # a plain dict: Strawberry unpacks what graphql-core declares
    return VariableValues({}, coerced)


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


def _read_root(root: Root, schema: GraphQLSchema, variables: VariableValues, context: Context) -> Any:
    if root.read is None:
        raise NotCompiled(root.node.name.value)
    info = RootInfo(context, root.plan_for)
    return root.show(root.read(info, root.plan_for(None), root.arguments(schema, variables)))


def uncompiled(schema: GraphQLSchema) -> dict[str, str]:
    """Return the fields of the schema that are always executed the ordinary way: the reasons by `Type.field`."""
    found = {}
    for type_ in schema.type_map.values():
        for name, definition in type_.fields.items() if is_object_type(type_) else ():
            field = definition_behind(definition)
            if type_ is schema.subscription_type:
                found[f"{type_.name}.{name}"] = "a stream; each of its events is compiled"
            elif field is not None and not (_is_read_from_rows(field) or any(_root_of(field))):
                found[f"{type_.name}.{name}"] = "a resolver of its own"
    return found


def _is_read_from_rows(field: StrawberryField) -> bool:
    return isinstance(field, Column | DeclaredField) or (
        type(field) is StrawberryField and field.is_basic_field
    )


def _root_of(field: StrawberryField) -> tuple[Any, Any]:
    """Return how a root field is read and how it is written, as `query` and `mutation` have noted it."""
    resolver = getattr(field.base_resolver, "wrapped_func", None)
    return getattr(resolver, "root_read", None), getattr(resolver, "root_write", None)


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

    def roots(self, operation: OperationDefinitionNode) -> dict[str, Root]:
        """Compile every root field. Raises NotCompiled when there is one that cannot be."""
        type_ = self._schema.get_root_type(operation.operation)
        assert type_ is not None
        fields = self._selection.fields(type_, [operation.selection_set])
        return {name: self._root(type_, nodes) for name, nodes in fields.items()}

    def _root(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Root:
        name = nodes[0].name.value
        definition = type_.fields.get(name)
        if definition is None:
            raise NotCompiled(name)
        read, write = _root_of(definition_behind(definition))
        if read is not None and not self._operation.context.has_scope(read.scope):
            raise NotCompiled(name)
        plans: dict[str | None, Plan] = {}

        def plan_for(type_name: str | None) -> Plan:
            if type_name not in plans:
                plans[type_name] = self._selection.plan_beneath(definition.type, nodes, type_name)
            return plans[type_name]

        plan_for(None)
        return Root(definition, nodes[0], plan_for, self._completed(definition.type, nodes), read, write)

    def _field(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Shown:
        """Compile the function that serialises a field of an object. Raises NotCompiled."""
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
        """Compile the function that serialises the values of a type."""
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
