"""Validation as the specification has it, in work that is counted and bounded.

A step is about a microsecond: the weights below were measured. The document that takes longest is searched for and
measured by `uv run python -m tests.schema.documents.worst_documents`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    KnownTypeNamesRule,
    Node,
    OverlappingFieldsCanBeMergedRule,
    ParallelVisitor,
    SelectionNode,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    specified_rules,
    visit,
)

from schema.core.upstream import (
    QUERY_DOCUMENT_KEYS,
    FragmentNestingVisitor,
    MaybeNullValidationRule,
    ValidationAbortedError,
)

MAX_ERRORS = 20

STEPS_PER_NODE = 12
STEPS_PER_SELECTION = 35
STEPS_PER_FRAGMENT_OF_OPERATION = 2
STEPS_PER_FRAGMENT_USE = 5
STEPS_PER_COMPARISON = 2
STEPS_PER_SUGGESTION = 1_500
PARTS_PER_ERROR = 8
"""Reporting an error takes up to an eighth of the steps so far: its message may print all that surrounds it."""

_VISITED = {
    kind: tuple(key for key in keys if key not in ("description", "name", "alias"))
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}
"""Members of nodes that rules visit. No rule visits names; and descriptions do not count."""

_SELECTED = (SelectionNode, ExecutableDefinitionNode)


class KnownTypes(KnownTypeNamesRule):
    """Unknown types, without suggestions: comparing a name with those of all types takes 10 ms."""

    context: "_Context"

    def enter_named_type(self, *node: Any) -> None:
        self.context.hide_suggestions = True
        try:
            super().enter_named_type(*node)
        finally:
            self.context.hide_suggestions = bool(self.context.errors)


RULES = (
    *(KnownTypes if rule is KnownTypeNamesRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
)


class TooMuchWork(Exception):  # noqa: N818 - a response to the client, no failure of ours
    """Reading the document takes more steps than MAX_READING_STEPS."""


@dataclass
class Work:
    """Steps of reading one document."""

    steps: int = 0

    def spend(self, steps: int) -> None:
        """Count steps. Raises TooMuchWork past the limit."""
        self.steps += steps
        if self.steps > settings.MAX_READING_STEPS:
            raise TooMuchWork

    @property
    def left(self) -> int:
        return max(0, int(settings.MAX_READING_STEPS) - self.steps)


def faults_of(schema: GraphQLSchema, document: DocumentNode, work: Work) -> list[GraphQLError]:
    """Validate the document against the schema; return its errors, at most MAX_ERRORS.

    Raises TooMuchWork, and RecursionError when fragments are nested too deeply to be followed.
    """
    work.spend(_steps_by_size(document))
    types = TypeInfo(schema)
    context = _Context(schema, document, types, work)
    rules = [rule(context) for rule in RULES]
    comparing = next(rule for rule in rules if isinstance(rule, OverlappingFieldsCanBeMergedRule))
    comparisons = comparing.rule_context.remaining_complexity_budget = work.left // 2 // STEPS_PER_COMPARISON
    work.spend(comparisons * STEPS_PER_COMPARISON)
    try:
        visitors = [FragmentNestingVisitor(context.fragments), *rules]
        visit(document, TypeInfoVisitor(types, ParallelVisitor(visitors)), _VISITED)
    except _EnoughErrors:
        pass
    except ValidationAbortedError:
        raise TooMuchWork from None
    finally:
        work.steps -= max(0, comparing.rule_context.remaining_complexity_budget) * STEPS_PER_COMPARISON
    return context.errors


def _steps_by_size(document: DocumentNode) -> int:
    """Return the steps that size alone determines: every node, and fragments in every operation."""
    steps = 0
    nodes: list[Node] = [document]
    while nodes:
        node = nodes.pop()
        steps += STEPS_PER_SELECTION if isinstance(node, _SELECTED) else STEPS_PER_NODE
        for key in _VISITED.get(node.kind, ()):
            below = getattr(node, key) or ()
            nodes.extend((below,) if isinstance(below, Node) else below)
    definitions = len(document.definitions)
    fragments = sum(isinstance(each, FragmentDefinitionNode) for each in document.definitions)
    return steps + (definitions - fragments) * fragments * STEPS_PER_FRAGMENT_OF_OPERATION


class _EnoughErrors(Exception):  # noqa: N818 - validation ends, nothing has failed
    """Validation stops at MAX_ERRORS."""


class _Context(ValidationContext):
    """Validation context of one document. Only the first error has suggestions: comparing names is slow."""

    hide_suggestions = False

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, types: TypeInfo, work: Work) -> None:
        super().__init__(schema, document, types, self._note)
        self.errors: list[GraphQLError] = []
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._work = work
        self._size = work.steps
        self._found: dict[tuple[str, int], Any] = {}

    def _note(self, error: GraphQLError) -> None:
        self.errors.append(error)
        self._work.steps += self._size // PARTS_PER_ERROR + STEPS_PER_SUGGESTION * (not self.hide_suggestions)
        self.hide_suggestions = True
        if len(self.errors) == MAX_ERRORS or not self._work.left:
            raise _EnoughErrors

    def spend_fragment_work(self, cost: int) -> None:
        self._work.spend(cost * STEPS_PER_FRAGMENT_USE)

    def get_fragment_spreads(self, node: Any) -> Any:
        return self._once(super().get_fragment_spreads, node)

    def get_variable_usages(self, node: Any) -> Any:
        return self._once(super().get_variable_usages, node)

    def get_recursive_variable_usages(self, operation: Any) -> Any:
        return self._once(super().get_recursive_variable_usages, operation)

    def _once(self, find: Callable[[Any], Any], node: Any) -> Any:
        """Cache the result for `node` by identity: comparing whole nodes would take as long as visiting them."""
        key = (find.__name__, id(node))
        if key not in self._found:
            self._found[key] = find(node)
        return self._found[key]
