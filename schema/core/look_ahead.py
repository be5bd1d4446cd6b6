"""From the selection of a field to the plan of what to load with it.

A root field's job loads what the client asks beneath it in the same visit to the database thread. The plan
follows the selection through declared fields, and through plain fields that hold objects; it stops at what is
only made when it is resolved, beneath which the DataLoaders batch.
"""

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_directive_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from schema.context import Info
from schema.core.fields import Computed, DeclaredField, Operation
from schema.core.ids import KINDS
from schema.dataloaders.base import Plan, Step


def look_ahead(info: Info) -> Plan:
    """The plan of everything asked beneath the field that `info` is about."""
    raw = info._raw_info
    selections = [node.selection_set for node in raw.field_nodes if node.selection_set]
    return _Planner(raw).plan(get_named_type(raw.return_type), selections)


class _Planner:
    def __init__(self, info: GraphQLResolveInfo) -> None:
        self._info = info
        coerced: Any = info.variable_values  # a plain dict: Strawberry unpacks what graphql-core declares
        self._variables = VariableValues({}, coerced)
        self._operation = Operation(info.schema, self._variables, info.context)

    def plan(self, parent: Any, selections: list[SelectionSetNode]) -> Plan:
        """The steps under objects of the type `parent`; a field asked twice becomes one step."""
        wanted: dict[Any, tuple[Any, list[SelectionSetNode]]] = {}
        for owner, node in self._fields(parent, selections):
            definition = owner.fields.get(node.name.value)
            if definition is None:
                continue
            field = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            step = self._what(field, definition, node)
            if step is None:
                continue
            key = (*step, None if owner is parent else KINDS[owner.name].model)
            nested = wanted.setdefault(key, (get_named_type(definition.type), []))[1]
            if node.selection_set and (not isinstance(field, DeclaredField) or field.shows_rows):
                nested.append(node.selection_set)
        steps = (
            Step(declaration, attribute, request, self.plan(type_, nested) if nested else (), on)
            for (declaration, attribute, request, on), (type_, nested) in wanted.items()
        )
        return tuple(step for step in steps if step.declaration or step.then)

    def _what(self, field: StrawberryField, definition: Any, node: FieldNode) -> tuple[Any, str, Any] | None:
        if isinstance(field, DeclaredField):
            if not field.is_open_to(self._info.context):
                return None
            return field.declaration, "", field.request_of(definition, node, self._operation)
        if isinstance(field, Computed):
            return None
        if field is not None and field.is_basic_field and node.selection_set:
            return None, getattr(field, "django_name", None) or field.python_name, None
        return None

    def _fields(self, parent: Any, selections: list[SelectionSetNode]) -> Iterator[tuple[Any, FieldNode]]:
        """Every field selected, with the type that it is selected on, fragments opened."""
        for selection_set in selections:
            for node in selection_set.selections:
                if not self._included(node):
                    continue
                if isinstance(node, FieldNode):
                    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
                        yield parent, node
                    continue
                fragment: Any = (
                    self._info.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                )
                condition = fragment.type_condition
                on = self._info.schema.get_type(condition.name.value) if condition else parent
                owner = on if isinstance(on, GraphQLObjectType) and on is not parent else parent
                yield from self._fields(owner, [fragment.selection_set])

    def _included(self, node: Any) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])
