"""Queries and mutations answered without an executor: what is asked is compiled once, and run for each request after.

A compiled operation is kept with its document, for the scopes of the token and for those variables that change what is
loaded. Where it can, it is read by one statement that makes the JSON (inlined_reads.py). Otherwise it holds, for each
root field, the plan of what to load and the function that makes JSON of the rows, and all are read in one visit to a
database thread.

It never tells an error. A field that cannot be compiled, a missing scope, arguments that cannot be met, null where it
is not allowed, a value that nothing has filled: all of that is left to the ordinary way, graphql-core and the
DataLoaders, which execute the operation from its beginning. Queries have no effects, so asking twice is safe. A
mutation is carried out once; the ordinary way is given its outcome.
"""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias

import orjson
from django.db import connection
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    VariableValues,
    is_object_type,
)

from courses.exceptions import Refusal
from courses.utils.kept import Kept
from courses.utils.short_transactions import session_on_loop
from schema.context import Context, Info
from schema.core.compiling import Compiler, NotCompiled, Root, RootInfo, root_of
from schema.core.fields import Column, DeclaredField, Operation
from schema.core.idempotency import key_of
from schema.core.inlined_reads import InlinedRead, PayloadRead, inlined, inlined_payload
from schema.core.replica_reads import text_from_replica
from schema.core.selections import Selection
from schema.core.upstream import StrawberryField, definition_behind, resolve_info
from schema.dataloaders.base import fill
from schema.dataloaders.inlining import NotInlined, shape_of, values_of
from schema.dataloaders.plans import UNKNOWN, Plan
from schema.dataloaders.sources import Source
from schema.dataloaders.statements import Kind, kind_of
from schema.execution.read_sessions import Session
from schema.execution.tracing import span, statement

KEPT_FOR_A_DOCUMENT = 16
"""Number of reads cached with a document: one for each choice of scopes and of variables that change the plan."""

STATEMENTS_KEPT = 32
"""Number of statements cached with a document: one for each operation, kind of viewer, choice of scopes, and shape of
arguments.
"""

REMEMBERED = 64
"""Number of choices of variables for which the statement and its keys are remembered with each of them."""


Statements: TypeAlias = Kept[Any, InlinedRead | NotInlined]
"""Statements of a document, by shape: what they read, but for the values that they are given."""


class CompiledOperation:
    """Operation compiled for some scopes and variables: `roots` are its root fields, none if it cannot be compiled.

    Its `statements` are shared with those of other variables, as far as their `shape` is the same.
    """

    def __init__(
        self,
        compiler: Compiler,
        operation: OperationDefinitionNode,
        statements: Statements,
        shape: Hashable,
    ) -> None:
        self._compiler = compiler
        self._statements = statements
        self._shape = shape
        self._asked = Kept[Any, tuple[InlinedRead | NotInlined, list[Any]]](number=REMEMBERED)
        self._payloads: dict[Kind, PayloadRead | None] = {}
        self.roots: Mapping[str, Root] = {}
        with suppress(NotCompiled, GraphQLError):
            self.roots = compiler.roots(operation)

    @property
    def only_root(self) -> tuple[str, Root] | None:
        """Response name and root field of an operation that has one; None for several, and where it is not compiled."""
        return next(iter(self.roots.items())) if len(self.roots) == 1 else None

    @cached_property
    def is_of_sources(self) -> bool:
        """True where every root field names a source, so that the operation may be read by one statement."""
        return bool(self.roots) and all(root.read and root.read.names_source for root in self.roots.values())

    def inlined(self, variables: VariableValues, kind: Kind) -> tuple[InlinedRead, list[Any]] | None:
        """Return the statement for a kind of viewer and its keys, or None for an operation that has none.

        Raises GraphQLError for arguments that cannot be met.
        """
        if not self.is_of_sources:
            return None
        asked = kind, orjson.dumps(variables.coerced, default=repr)
        known = self._asked.get(asked)
        if known is None:
            known = self._found(variables, kind)
            self._asked.put(asked, known)
        read, keys = known
        return None if isinstance(read, NotInlined) else (read, keys)

    def payload(self, root: Root, kind: Kind) -> PayloadRead | None:
        """Return how a kind of viewer reads the payload of the only mutation; None for several statements."""
        if kind not in self._payloads:
            try:
                self._payloads[kind] = inlined_payload(self._compiler, root, kind)
            except (NotInlined, NotCompiled):
                self._payloads[kind] = None
        return self._payloads[kind]

    def _found(self, variables: VariableValues, kind: Kind) -> tuple[InlinedRead | NotInlined, list[Any]]:
        info = RootInfo(self._compiler.context_of(kind), lambda _type_name: UNKNOWN)
        sources: dict[str, Source] = {
            name: root.read.function(info, **root.arguments(variables))  # type: ignore[union-attr]
            for name, root in self.roots.items()
        }
        plans = [self.roots[name].plan_for(source.type_name) for name, source in sources.items()]
        requests = [request for plan in plans for request in plan.requests]
        shape = self._shape, kind, tuple(source.shape for source in sources.values()), shape_of(requests)
        read = self._statements.get(shape)
        if read is None:
            try:
                read = inlined(self._compiler, self.roots, sources, requests, kind)
                read = replace(read, reads=(next(iter(sources.values())), *plans))
            except NotInlined as reason:
                read = reason
            self._statements.put(shape, read)
        if isinstance(read, NotInlined):
            return read, []
        given = [value for request in requests for value in values_of(request)]
        given.extend(key for source in sources.values() for key in source.keys)
        return read, [given[place] for place in read.places]


class CompiledReads:
    """Operations of one document, compiled: the KEPT_FOR_A_DOCUMENT used last, for all threads."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._variables: dict[str | None, tuple[list[str], list[str]]] = {}
        self._statements = Statements(number=STATEMENTS_KEPT)
        self._kept = Kept[Any, CompiledOperation](number=KEPT_FOR_A_DOCUMENT)

    def root_fields(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, variables: VariableValues
    ) -> list[str]:
        """Return the response names of the root fields that an operation executes, without `__typename`."""
        type_ = schema.get_root_type(operation.operation)
        assert type_ is not None
        selection = Selection(Operation(schema, variables, Context()), self._fragments)
        fields = selection.fields(type_, [operation.selection_set])
        return [name for name, nodes in fields.items() if nodes[0].name.value != "__typename"]

    def compiled(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        scopes: frozenset[str] | None,
    ) -> CompiledOperation:
        """Return an operation compiled for the scopes, and for those variables that decide what is loaded."""
        name = operation.name.value if operation.name else None
        if name not in self._variables:
            self._variables[name] = _variables_of_plans(operation, self._fragments)
        of_directives, of_arguments = (
            orjson.dumps([variables.coerced.get(each, ...) for each in names], default=repr)
            for names in self._variables[name]
        )
        shape = name, scopes, of_directives
        key = *shape, of_arguments
        compiled = self._kept.get(key)
        if compiled is None:
            with span("plan"):
                compiler = Compiler(schema, self._fragments, variables, scopes)
                compiled = CompiledOperation(compiler, operation, self._statements, shape)
            self._kept.put(key, compiled)
        return compiled


def read(
    schema: GraphQLSchema,
    reads: CompiledReads,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: Context,
) -> bytes | None:
    """Return the JSON of the `data` of a valid query, or None where the ordinary way has to answer.

    Work for a database thread.
    """
    compiled = reads.compiled(schema, operation, variables, context.identity.scopes)
    if not compiled.roots:
        return None
    try:
        if found := compiled.inlined(variables, kind_of(context.viewer)):
            query, keys = found
            with statement(query.names):
                return query.read(context.viewer, keys, text_from_replica(query, keys, context))
        return orjson.dumps(
            {name: _read_root(root, variables, context) for name, root in compiled.roots.items()}
        )
    except Exception:  # noqa: BLE001 - whatever it is, the ordinary way runs into it as well, and tells it
        return None


def carry_out(
    schema: GraphQLSchema,
    reads: CompiledReads,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: Context,
) -> bytes | None:
    """Carry out an operation of one mutation, and return the JSON of its `data`: work for a database thread.

    None where the ordinary way has to answer. The outcome, a payload or a failure, then stands in the context, and
    nothing is carried out twice.
    """
    compiled = reads.compiled(schema, operation, variables, context.identity.scopes)
    if context.viewer is None or compiled.only_root is None:
        return None
    name, root = compiled.only_root
    if root.write is None:
        return None
    try:
        arguments = root.arguments(variables)
    except GraphQLError:
        return None
    try:
        payload = root.write(RootInfo(context, root.plan_for), arguments)
    except Exception as failure:  # noqa: BLE001 - it is raised once more, where errors are told
        context.carried_out.append(partial(_raise, failure))
        return None
    data = None
    with suppress(Exception):  # graphql-core runs into it as well, and tells it
        data = _read_payload(compiled, name, context, payload)
    if data is None:
        context.carried_out.append(lambda: payload)
    return data


def _read_payload(compiled: CompiledOperation, name: str, context: Context, payload: Any) -> bytes | None:
    """Return the JSON of `data`: by one statement where that can be, otherwise by the plan."""
    root = compiled.roots[name]
    read = compiled.payload(root, kind_of(context.viewer))
    plan = root.plan_for(None)
    if read is not None and (given := read.given(context.viewer, payload)):
        with statement(plan.names), connection.cursor() as cursor:
            read.statement.execute(cursor, given)
            texts = cursor.fetchone()
        data = read.data(name, payload, texts)
        if data is not None:
            return data
    fill(context.viewer, [payload], plan)
    return orjson.dumps({name: root.show(payload)})


class ShortWrite(NamedTuple):
    """Only mutation of an operation, which the event loop may carry out."""

    compiled: CompiledOperation
    name: str
    arguments: dict[str, Any]

    async def carry_out(self, context: Context, session: Session) -> bytes | None:
        """Carry it out in a session that it has to itself, and return the JSON of `data`.

        None where the ordinary way has to answer: to carry it out, as nothing was written, or to tell the outcome that
        stands in the context.
        """
        root = self.compiled.roots[self.name]
        assert root.write_on_loop is not None
        used = session_on_loop.set(session)
        try:
            payload = await root.write_on_loop(RootInfo(context, root.plan_for), self.arguments)
        except Exception as failure:  # noqa: BLE001 - the ordinary way runs into it as well, and tells it
            if not session.is_open:  # nobody knows whether it was committed
                context.carried_out.append(partial(_raise, failure))
            return None
        finally:
            session_on_loop.reset(used)
        data = None
        with suppress(Exception):  # graphql-core runs into it as well, and tells it
            data = await self._payload(root, context, session, payload)
        if data is None:
            context.carried_out.append(lambda: payload)
        return data

    async def _payload(self, root: Root, context: Context, session: Session, payload: Any) -> bytes | None:
        read = self.compiled.payload(root, kind_of(context.viewer))
        if read is None or not (given := read.given(context.viewer, payload)):
            return None
        with statement(root.plan_for(None).names):
            [texts] = await session.rows(read.statement, given)
        return read.data(self.name, payload, texts)


def short_write(
    schema: GraphQLSchema,
    reads: CompiledReads,
    operation: OperationDefinitionNode,
    variables: VariableValues,
    context: Context,
    scopes: frozenset[str] | None,
) -> ShortWrite | None:
    """Return the mutation that an operation is, if the event loop may carry it out; one with a key is remembered by a
    thread.
    """
    compiled = reads.compiled(schema, operation, variables, scopes)
    if compiled.only_root is None:
        return None
    name, root = compiled.only_root
    if root.write_on_loop is None:
        return None
    try:
        arguments = root.arguments(variables)
        key = key_of(context, arguments["input"])
    except (GraphQLError, Refusal):
        return None
    return ShortWrite(compiled, name, arguments) if key is None else None


EXECUTE = {OperationType.QUERY: read, OperationType.MUTATION: carry_out}
"""Functions that answer an operation of a kind without an executor, where they can."""


def _raise(failure: Exception) -> None:
    raise failure


def compiled_root(info: GraphQLResolveInfo[Any]) -> Root | None:
    """Return the root field that is executed, if its operation is compiled for the request."""
    context = info.context
    if not isinstance(context, Context) or context.reads is None or info.path.prev is not None:
        return None
    variables = _variables_of(info)
    compiled = context.reads.compiled(info.schema, info.operation, variables, context.identity.scopes)
    return compiled.roots.get(str(info.path.key))


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
) -> tuple[list[str], list[str]]:
    """The variables that decide what is loaded: those of directives, and those of arguments beneath root fields."""
    of_directives: set[str] = set()
    of_arguments: set[str] = set()
    seen: set[tuple[str, bool]] = set()

    def visit(selections: SelectionSetNode, is_root: bool) -> None:
        for node in selections.selections:
            for directive in node.directives or ():
                of_directives.update(_variables_in(directive.arguments))
            if isinstance(node, FieldNode):
                if not is_root:
                    of_arguments.update(_variables_in(node.arguments))
                if node.selection_set:
                    visit(node.selection_set, False)
            elif isinstance(node, InlineFragmentNode):
                visit(node.selection_set, is_root)
            elif isinstance(node, FragmentSpreadNode) and (node.name.value, is_root) not in seen:
                seen.add((node.name.value, is_root))
                visit(fragments[node.name.value].selection_set, is_root)

    visit(operation.selection_set, True)
    return sorted(of_directives), sorted(of_arguments)


def _variables_in(arguments: Any) -> Iterator[str]:
    waiting = [argument.value for argument in arguments or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, VariableNode):
            yield value.name.value
        waiting.extend(getattr(value, "values", ()))
        waiting.extend(each.value for each in getattr(value, "fields", ()))


def _read_root(root: Root, variables: VariableValues, context: Context) -> Any:
    if root.read is None:
        raise NotCompiled(root.nodes[0].name.value)
    info = RootInfo(context, root.plan_for)
    return root.show(root.read(info, root.plan_for, root.arguments(variables)))


def uncompiled(schema: GraphQLSchema) -> dict[str, str]:
    """Return the fields of the schema that are always executed the ordinary way: the reasons by `Type.field`."""
    found = {}
    for type_ in schema.type_map.values():
        for name, definition in type_.fields.items() if is_object_type(type_) else ():
            field = definition_behind(definition)
            if type_ is schema.subscription_type:
                found[f"{type_.name}.{name}"] = "a stream; each of its events is compiled"
            elif field is not None and not (_is_read_from_rows(field) or any(root_of(field))):
                found[f"{type_.name}.{name}"] = "a resolver of its own"
    return found


def _is_read_from_rows(field: StrawberryField) -> bool:
    return isinstance(field, Column | DeclaredField) or (
        type(field) is StrawberryField and field.is_basic_field
    )
