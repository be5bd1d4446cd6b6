"""Selections of an operation, and the plans of what to load for them.

A root field's job loads what the client asks beneath it in the same visit to the database thread, and of its rows
no more columns than are asked. The plan follows the selection through declared fields, through plain fields that
hold objects, and through computed ones beneath which something is declared.

A field that will be refused, for its scope or for its arguments, is left out of the plan: it is refused once it is
resolved, in its own place and beside the others. Looking ahead refuses nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSkipDirective,
    SelectionSetNode,
    get_directive_values,
    get_named_type,
)

from schema.core.fields import Column, Computed, DeclaredField, Operation, SameRow
from schema.core.upstream import StrawberryField, definition_behind
from schema.dataloaders.plans import EVERYTHING, NOTHING, UNKNOWN, Columns, Plan, Step, union


class Selection:
    """Selection of one operation, its fragments inlined.

    A @skip or @include whose condition has no value leaves out its node, or raises where the selection is `strict`.
    """

    def __init__(
        self,
        operation: Operation,
        fragments: Mapping[str, FragmentDefinitionNode],
        *,
        strict: bool = False,
    ) -> None:
        self._operation = operation
        self._fragments = fragments
        self._strict = strict

    def fields(
        self, parent: GraphQLObjectType, selections: Iterable[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """The fields selected on objects of the type `parent`, by response name in the order of the answer."""
        found: dict[str, list[FieldNode]] = {}
        for node in self._fields(parent, selections):
            found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        return found

    def plan_beneath(self, type_: Any, nodes: Iterable[FieldNode], type_name: str | None = None) -> Plan:
        """The plan of what is asked beneath a field of that type, or of the objects of type `type_name` there."""
        of = self._operation.schema.get_type(type_name) if type_name else get_named_type(type_)
        selections = [node.selection_set for node in nodes if node.selection_set]
        return self.plan(of, selections) if isinstance(of, GraphQLObjectType) else UNKNOWN

    def plan(self, parent: GraphQLObjectType, selections: list[SelectionSetNode]) -> Plan:
        """Return the plan of objects of the type `parent`; a field selected twice becomes one step."""
        columns: list[Columns] = []
        wanted: dict[Any, tuple[list[DeclaredField], dict[Any, list[SelectionSetNode]]]] = {}
        of_row: dict[Any, list[SelectionSetNode]] = {}
        for node in self._fields(parent, selections):
            definition = parent.fields.get(node.name.value)
            if definition is None:
                continue
            field = definition_behind(definition)
            columns.append(_columns_of(field))
            if isinstance(field, SameRow) and node.selection_set:
                of_row.setdefault(get_named_type(definition.type), []).append(node.selection_set)
                continue
            step = self._what(field, definition, node)
            if step is None:
                continue
            fields, nested = wanted.setdefault(step, ([], {}))
            if isinstance(field, DeclaredField):
                fields.append(field)
            if node.selection_set and (not isinstance(field, DeclaredField) or field.shows_rows):
                nested.setdefault(get_named_type(definition.type), []).append(node.selection_set)
        plans = [self.plan(type_, selections) for type_, selections in of_row.items()]
        columns.extend(plan.columns for plan in plans)
        steps = [step for plan in plans for step in plan.steps]
        for (declaration, attribute, request, compute), (fields, nested) in wanted.items():
            then = self.plan(*nested.popitem()) if nested else NOTHING
            columns.extend(field.columns_of_parent(then) for field in fields)
            names = attribute or ", ".join(dict.fromkeys(field.python_name for field in fields))
            if (
                compute is None or then.loads
            ):  # what is computed is made where it is shown, unless it is filled
                steps.append(Step(declaration, names, request, then, compute))
        return Plan(union(columns), tuple(steps))

    def _what(
        self, field: StrawberryField, definition: Any, node: FieldNode
    ) -> tuple[Any, str, Any, Any] | None:
        if isinstance(field, DeclaredField):
            if not field.is_open_to(self._operation.context):
                return None
            try:
                return field.declaration, "", field.request_of(definition, node, self._operation), None
            except GraphQLError:
                return None
        if isinstance(field, Computed):
            return (None, field.python_name, None, field.compute) if node.selection_set else None
        if field is not None and field.is_basic_field and node.selection_set:
            return None, getattr(field, "django_name", None) or field.python_name, None, None
        return None

    def _fields(
        self, parent: GraphQLObjectType, selections: Iterable[SelectionSetNode]
    ) -> Iterator[FieldNode]:
        """Every field selected on objects of the type `parent`, fragments opened."""
        for selection_set in selections:
            for node in selection_set.selections:
                if not self._included(node):
                    continue
                if isinstance(node, FieldNode):
                    yield node
                    continue
                fragment: Any = (
                    self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                )
                if self._is_on(parent, fragment.type_condition):
                    yield from self._fields(parent, [fragment.selection_set])

    def _is_on(self, parent: GraphQLObjectType, condition: Any) -> bool:
        """Return whether a fragment with that type condition applies to objects of the type `parent`."""
        on = self._operation.schema.get_type(condition.name.value) if condition else parent
        return on is parent or on in parent.interfaces

    def _included(self, node: Any) -> bool:
        if not node.directives:
            return True
        try:
            skip = get_directive_values(GraphQLSkipDirective, node, self._operation.variables)
            include = get_directive_values(GraphQLIncludeDirective, node, self._operation.variables)
        except GraphQLError:
            if self._strict:
                raise
            return False
        return not (skip and skip["if"]) and not (include and not include["if"])


def _columns_of(field: StrawberryField | None) -> Columns:
    """Return the columns that a field reads, none for declared ones: theirs depend on the selection beneath."""
    if isinstance(field, Column):
        return field.columns
    return frozenset() if isinstance(field, DeclaredField) or (field and field.is_basic_field) else EVERYTHING
