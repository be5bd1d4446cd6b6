"""Compilation of a selection to functions that make JSON of rows: once for a document, run for every request after."""

from collections.abc import Callable, Collection, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    TypeNameMetaFieldDef,
    Undefined,
    VariableValues,
    get_argument_values,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from courses.constants import Scope
from courses.utils.kept import Kept
from schema.context import Context, Identity
from schema.core.arguments import converter_of
from schema.core.fields import Column, DeclaredField, Operation
from schema.core.ids import type_name_of
from schema.core.selections import Selection
from schema.core.upstream import StrawberryField, definition_behind, strawberry_schema
from schema.dataloaders.base import fill
from schema.dataloaders.plans import Plan
from schema.dataloaders.sources import Source
from schema.dataloaders.statements import Kind, stand_in_for
from schema.execution.tracing import statement

Shown: TypeAlias = Callable[[Any], Any]
"""Makes JSON of a value, or of an object the value of one of its fields."""

_UNCHANGED: dict[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars that publish values of exactly these classes as they are."""


LASTING_KEPT = 8192
"""Number of objects whose lasting fields a process keeps as JSON: a question of an attempt takes some 2 kB."""

_lasting = Kept[tuple[int, Hashable], dict[str, Any]](number=LASTING_KEPT)
_numbers = count()
"""Numbers of compiled selections: what is kept for one is not for another."""


class NotCompiled(Exception):  # noqa: N818 - it is no failure: the ordinary way goes on
    """Something that only the ordinary way can execute, or tell."""


@dataclass(frozen=True)
class RootRead:
    """Data source of a root field of Query: the scope that it needs, and its function."""

    scope: Scope
    function: Callable[..., Any]
    names_source: bool
    """True where the function returns a Source and asks no database: it can be inlined."""

    def __call__(
        self, info: Any, plan_for: Callable[[str | None], Plan], arguments: Mapping[str, Any]
    ) -> Any:
        """Return the value of the field, filled with what is asked beneath it: work for a database thread."""
        value, type_name = self.function(info, **arguments), None
        if isinstance(value, Source):
            source, type_name = value, value.type_name
            with statement(source.names):
                value = source.load(info.context.viewer, plan_for(type_name))
        if value is not None:
            fill(info.context.viewer, value if isinstance(value, list) else [value], plan_for(type_name))
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
    nodes: Sequence[FieldNode]
    plan_for: Callable[[str | None], Plan]
    show: Shown
    read: RootRead | None
    write: Callable[[RootInfo, dict[str, Any]], Any] | None
    write_on_loop: Callable[[RootInfo, dict[str, Any]], Coroutine[Any, Any, Any]] | None
    """The same in the session of `session_on_loop`, if it may be carried out there; raises where it is refused."""

    convert: Callable[[Mapping[str, Any]], dict[str, Any]]
    """Converts coerced arguments to those of its function."""

    def arguments(self, variables: VariableValues) -> dict[str, Any]:
        """Return the arguments of its function. Raises GraphQLError for those that cannot be met."""
        return self.convert(get_argument_values(self.definition, self.nodes[0], variables))


class Compiler:
    """Compiles one operation, for the scopes and the variables of a request."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        scopes: frozenset[str] | None,
    ) -> None:
        self.schema = schema
        # Whoever asks first leaves nothing of themselves behind: what is compiled is for everybody with their scopes.
        self.operation = Operation(schema, variables, Context(Identity(scopes=scopes)))
        self.selection = Selection(self.operation, fragments, strict=True)
        self._contexts: dict[Kind, Context] = {}

    def context_of(self, kind: Kind) -> Context:
        """Return the context of a request by any viewer of a kind, with the scopes that this is compiled for."""
        if kind not in self._contexts:
            self._contexts[kind] = Context(
                Identity(stand_in_for(kind), self.operation.context.identity.scopes)
            )
        return self._contexts[kind]

    def roots(self, operation: OperationDefinitionNode) -> dict[str, Root]:
        """Compile every root field. Raises NotCompiled when there is one that cannot be."""
        type_ = self.schema.get_root_type(operation.operation)
        assert type_ is not None
        fields = self.selection.fields(type_, [operation.selection_set])
        return {name: self._root(type_, nodes) for name, nodes in fields.items()}

    def _root(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Root:
        name = nodes[0].name.value
        definition = type_.fields.get(name)
        if definition is None:
            raise NotCompiled(name)
        read, write, write_on_loop = root_of(definition_behind(definition))
        if read is not None and not self.operation.context.has_scope(read.scope):
            raise NotCompiled(name)
        plans: dict[str | None, Plan] = {}

        def plan_for(type_name: str | None) -> Plan:
            if type_name not in plans:
                plans[type_name] = self.selection.plan_beneath(definition.type, nodes, type_name)
            return plans[type_name]

        plan_for(None)
        convert = converter_of(definition, strawberry_schema(self.schema))
        show = self.completed(definition.type, nodes)
        return Root(definition, nodes, plan_for, show, read, write, write_on_loop, convert)

    def field(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Shown:
        """Compile the function that serialises a field of an object. Raises NotCompiled."""
        name = nodes[0].name.value
        definition = self.schema.get_field(parent, name)
        if definition is TypeNameMetaFieldDef:
            return lambda _object: parent.name
        assert definition is not None
        read = self._reader(definition, nodes[0])
        if read is None:
            raise NotCompiled(f"{parent.name}.{name}")
        type_, is_nullable = nullable(definition.type)
        if is_leaf_type(type_):
            return _leaf(read, type_, is_nullable)
        show = self.completed(definition.type, nodes)
        return lambda object_: show(read(object_))

    def _reader(self, definition: GraphQLField, node: FieldNode) -> Shown | None:
        field = definition_behind(definition)
        if isinstance(field, Column):
            return field.reader(node)
        if isinstance(field, DeclaredField):
            return field.reader(definition, node, self.operation)
        if type(field) is StrawberryField and field.is_basic_field:
            return attrgetter(field.python_name)
        return None

    def completed(self, type_: Any, nodes: list[FieldNode]) -> Shown:
        """Compile the function that serialises the values of a type."""
        type_, is_nullable = nullable(type_)
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
            show = self.completed(type_.of_type, nodes)

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
        fields = self.selection.fields(type_, selections)
        shown = [(name, self.field(type_, of_name)) for name, of_name in fields.items()]
        lasting = {name for name, of_name in fields.items() if _is_lasting(type_, of_name[0])}
        if lasting:
            return _with_lasting(shown, lasting)
        return lambda object_: {name: show(object_) for name, show in shown}

    def _interface(self, nodes: list[FieldNode]) -> Shown:
        """Rows of any node type: what is asked of each type is compiled when the first of its rows is met."""
        known: dict[type, Shown] = {}

        def show(row: Any) -> Any:
            if type(row) not in known:
                type_ = self.schema.get_type(type_name_of(type(row)))
                assert isinstance(type_, GraphQLObjectType)
                known[type(row)] = self._object(type_, nodes)
            return known[type(row)](row)

        return show


def _is_lasting(type_: GraphQLObjectType, node: FieldNode) -> bool:
    definition = type_.fields.get(node.name.value)
    return definition is not None and getattr(definition_behind(definition), "is_lasting", False)


def _with_lasting(shown: Sequence[tuple[str, Shown]], lasting: Collection[str]) -> Shown:
    """Show objects some of whose fields never change: those are shown once for each `lasting_key`, if there is one."""
    number = next(_numbers)
    others = [(name, show) for name, show in shown if name not in lasting]

    def show(object_: Any) -> Any:
        key = object_.lasting_key
        kept = None if key is None else _lasting.get((number, key))
        if kept is None:
            made = {name: show_field(object_) for name, show_field in shown}
            if key is not None:
                _lasting.put((number, key), made.copy())
            return made
        made = kept.copy()
        for name, show_field in others:
            made[name] = show_field(object_)
        return made

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


def nullable(type_: Any) -> tuple[Any, bool]:
    """The type without its mark of never being null, and whether it had none."""
    return (type_.of_type, False) if is_non_null_type(type_) else (type_, True)


def root_of(field: StrawberryField) -> tuple[Any, Any, Any]:
    """Return what reads a root field, writes it, and writes it on the event loop, as `query` and `mutation` note it."""
    resolver = getattr(field.base_resolver, "wrapped_func", None)
    read, write, write_on_loop = (
        getattr(resolver, name, None) for name in ("root_read", "root_write", "root_write_on_loop")
    )
    return read, write, write_on_loop
