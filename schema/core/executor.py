"""How an operation is executed: as graphql-core does, but nothing is found out anew for every object of a list.

graphql-core looks up the field, its resolver and its arguments for each object, and makes an `info` and a path in
case that somebody asks for them. Most fields here take a value from a row that look-ahead has filled. What reads
and completes such a field is put together once for each selection of a request.

The rest is left to graphql-core: resolvers, values that a DataLoader brings later, abstract types. So is whatever
goes wrong, by executing the field once more in its way: errors are told in one way only.
"""

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from types import CoroutineType
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLObjectType,
    GraphQLString,
    TypeNameMetaFieldDef,
    Undefined,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from schema.core.fields import NOT_FILLED, Column, DeclaredField, Operation
from schema.core.upstream import (
    Path,
    StrawberryField,
    StrawberryGraphQLCoreExecutionContext,
    definition_behind,
    gather_with_cancel,
)

Read: TypeAlias = Callable[[Any], Any]
Complete: TypeAlias = Callable[[Any, Path], Any]

_UNCHANGED: dict[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars that publish values of exactly these classes as they are."""

_CLASSES_OF: dict[GraphQLObjectType, set[type]] = {}
"""The classes whose objects were found to be of a type. That never depends on the single object."""


class _NoClass:
    """No value is of this class."""


class _Asked(NamedTuple):
    """What a client asks of objects of `parent_type`: a field, once or several times under one response name."""

    parent_type: GraphQLObjectType
    name: str
    definition: Any
    details: Any


class _Field(NamedTuple):
    """How a field is executed. Without `read`, graphql-core does.

    A leaf has `coerce`; values of exactly the class `unchanged` need none. Other fields have `complete`.
    """

    asked: _Asked
    read: Read | None = None
    is_nullable: bool = False
    unchanged: type = _NoClass
    coerce: Read | None = None
    complete: Complete | None = None


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._selections: dict[int, tuple[Any, list[_Field]]] = {}
        self._is_watched = bool(self.middleware_manager and self.middleware_manager.middlewares)
        """Whether an extension wants to resolve every field itself."""

    def build_per_event_executor(self, payload: Any) -> Any:
        """A copy for one event of a subscription. What was put together refers to the executor it is for."""
        executor: Any = super().build_per_event_executor(payload)
        executor._selections = {}
        return executor

    def execute_fields(
        self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any
    ) -> Any:
        """The values of a selection by response name, or a coroutine that brings them."""
        if position_context is not None or self._is_watched:
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        return self._execute(self._fields_of(parent_type, grouped_field_set), source_value, path)

    def _execute(self, fields: list[_Field], source: Any, path: Any) -> Any:
        results: dict[str, Any] = {}
        awaited: list[str] = []
        try:
            for field in fields:
                result = self._value(field, source, path)
                results[field.asked.name] = result
                if type(result) is CoroutineType:
                    awaited.append(field.asked.name)
        except Exception:
            self.settle_in_background([results[name] for name in awaited])
            raise
        return _when_there(results, awaited) if awaited else results

    def _value(self, field: _Field, source: Any, path: Any) -> Any:
        """The published value of a field; null where it fails and may be null."""
        asked, read, is_nullable, unchanged, coerce, complete = field
        if read is not None:
            try:
                value = read(source)
                if type(value) is unchanged or (value is None and is_nullable):
                    return value
                if coerce is not None:
                    value = coerce(value)
            except Exception:  # noqa: BLE001 - graphql-core runs into it as well, and tells it
                value = NOT_FILLED
            if value is not None and value is not NOT_FILLED and value is not Undefined:
                return value if complete is None else self._completed(asked, complete, value, path)
        return self.execute_field(
            asked.parent_type, source, asked.details, Path(path, asked.name, asked.parent_type.name), None
        )

    def _completed(self, asked: _Asked, complete: Complete, value: Any, path: Any) -> Any:
        path = Path(path, asked.name, asked.parent_type.name)
        type_ = asked.definition.type
        try:
            completed = complete(value, path)
        except Exception as error:  # noqa: BLE001 - GraphQL catches errors at the border of a field
            self.handle_field_error(error, type_, asked.details, path)
            return None
        return self._settled(completed, type_, asked, path) if type(completed) is CoroutineType else completed

    async def _settled(self, completed: Any, type_: Any, asked: _Asked, path: Path) -> Any:
        try:
            return await completed
        except Exception as error:  # noqa: BLE001 - GraphQL catches errors at the border of a field
            self.handle_field_error(error, type_, asked.details, path)
            return None

    def _fields_of(self, parent_type: GraphQLObjectType, grouped_field_set: Any) -> list[_Field]:
        """The fields of a selection, which is kept as well, so that no other one ever gets its id."""
        known = self._selections.get(id(grouped_field_set))
        if known is None:
            fields = [
                self._field(_Asked(parent_type, name, self._definition(parent_type, details), details))
                for name, details in grouped_field_set.items()
            ]
            known = self._selections[id(grouped_field_set)] = grouped_field_set, fields
        return known[1]

    def _definition(self, parent_type: GraphQLObjectType, details: Any) -> Any:
        return self.schema.get_field(parent_type, details[0].node.name.value)

    def _field(self, asked: _Asked) -> _Field:
        read = self._reader(asked)
        if read is None:
            return _Field(asked)
        type_ = asked.definition.type
        is_nullable = not is_non_null_type(type_)
        type_ = type_ if is_nullable else type_.of_type
        if is_leaf_type(type_):
            unchanged = _UNCHANGED.get(type_, _NoClass)
            return _Field(asked, read, is_nullable, unchanged, type_.coerce_output_value)
        return _Field(asked, read, is_nullable, complete=self._completer(type_, asked))

    def _reader(self, asked: _Asked) -> Read | None:
        """What takes the value of a field from its parent, if that is all there is to it."""
        if asked.definition is TypeNameMetaFieldDef:
            return lambda _source: asked.parent_type.name
        field = definition_behind(asked.definition)
        if isinstance(field, Column):
            return field.reader(asked.details[0].node)
        if isinstance(field, DeclaredField):
            node = asked.details[0].node
            operation = Operation(self.schema, self.variable_values, self.context_value)
            return field.reader(asked.definition, node, operation)
        if type(field) is StrawberryField and field.is_basic_field:
            return attrgetter(field.python_name)
        return None

    def _completer(self, type_: Any, asked: _Asked) -> Complete:
        if is_non_null_type(type_):
            return _never_null(self._completer(type_.of_type, asked), asked)
        if is_list_type(type_):
            return self._list_completer(type_, asked)
        if is_object_type(type_):
            return self._object_completer(type_, asked)
        return partial(self._complete_like_graphql_core, type_, asked)

    def _complete_like_graphql_core(self, type_: Any, asked: _Asked, value: Any, path: Path) -> Any:
        nodes = [each.node for each in asked.details]
        info = self.build_resolve_info(asked.definition, nodes, asked.parent_type, path)
        complete = self.complete_awaitable_value if self.is_awaitable(value) else self.complete_value
        return complete(type_, asked.details, info, path, value, None)

    def _list_completer(self, type_: Any, asked: _Asked) -> Complete:
        item_type = type_.of_type
        complete_item = self._completer(item_type, asked)

        def complete(values: Any, path: Path) -> Any:
            if type(values) is not list:
                return self._complete_like_graphql_core(type_, asked, values, path)
            items: list[Any] = []
            awaited: list[int] = []
            try:
                for index, value in enumerate(values):
                    item_path = Path(path, index, None)
                    try:
                        item = complete_item(value, item_path)
                    except Exception as error:  # noqa: BLE001 - GraphQL catches errors at the border of an item
                        self.handle_field_error(error, item_type, asked.details, item_path)
                        item = None
                    if type(item) is CoroutineType:
                        item = self._settled(item, item_type, asked, item_path)
                        awaited.append(index)
                    items.append(item)
            except Exception:
                self.settle_in_background([items[index] for index in awaited])
                raise
            return _when_there(items, awaited) if awaited else items

        return complete

    def _is_of(self, type_: Any, value: Any) -> bool:
        if isinstance(value, Exception) or self.is_awaitable(value):
            return False
        return type_.is_type_of is None or type_.is_type_of(value, None) is True

    def _object_completer(self, type_: Any, asked: _Asked) -> Complete:
        fields: list[_Field] = []
        classes = _CLASSES_OF.setdefault(type_, set())

        def complete(value: Any, path: Path) -> Any:
            if type(value) not in classes:
                if not self._is_of(type_, value):
                    return self._complete_like_graphql_core(type_, asked, value, path)
                classes.add(type(value))
            if not fields:
                selected, deferred, _ = self.collect_subfields(type_, asked.details)
                if deferred:
                    return self._complete_like_graphql_core(type_, asked, value, path)
                fields.extend(self._fields_of(type_, selected))
            return self._execute(fields, value, path)

        return complete


def _never_null(complete: Complete, asked: _Asked) -> Complete:
    def complete_or_raise(value: Any, path: Path) -> Any:
        completed = complete(value, path)
        if completed is None:
            name = asked.details[0].node.name.value
            raise TypeError(f"Cannot return null for non-nullable field {asked.parent_type}.{name}.")
        return completed

    return complete_or_raise


async def _when_there(values: Any, awaited: Sequence[Any]) -> Any:
    """The dict or list `values`, once what stands at the places `awaited` has come."""
    if len(awaited) == 1:
        values[awaited[0]] = await values[awaited[0]]
        return values
    brought = await gather_with_cancel(*(values[place] for place in awaited))
    for place, value in zip(awaited, brought, strict=True):
        values[place] = value
    return values
