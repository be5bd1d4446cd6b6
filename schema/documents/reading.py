"""Document cache: documents are parsed, validated and measured once, because clients send the same ones again.

Reading one that is not cached is work, which is bounded and charged: in part before it begins, because an empty bucket
buys no work, and the rest once it is known. It runs on the event loop: the worst documents take no longer than other
requests (docs/operators.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
)
from strawberry import Schema

from courses.utils.kept import Kept
from schema.core.compiled_reads import CompiledReads
from schema.core.error_codes import Limit, limit_exceeded
from schema.core.upstream import graphql_schema
from schema.documents.cost import Shape, measure, variables_with_defaults
from schema.documents.input_values import refuse_literals
from schema.documents.spelling import MAX_NAME_LENGTH, Spelling, spell
from schema.documents.validation import TooMuchWork, Work, faults_of
from schema.execution.tracing import span

CHARACTERS_PER_STEP_AS_SENT = 25
STEPS_PER_CHARACTER = 1
STEPS_PER_TOKEN = 6

STEPS_PER_POINT = 100
STEPS_INCLUDED = 2_000
"""Steps of reading that are free of charge: some twenty fields."""


@dataclass(frozen=True)
class PreparedDocument:
    """Parsed document, its errors, and the shapes of its operations if it is valid."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...] = ()
    shapes: dict[str | None, Shape] = field(default_factory=dict)

    @cached_property
    def reads(self) -> CompiledReads:
        """The operations of the document, compiled when they are executed."""
        fragments = (each for each in self.document.definitions if isinstance(each, FragmentDefinitionNode))
        return CompiledReads({fragment.name.value: fragment for fragment in fragments})

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Return the operation called `name`, or for None the only one; None where there is no such operation."""
        operations = [
            definition
            for definition in self.document.definitions
            if isinstance(definition, OperationDefinitionNode)
            and (name is None or (definition.name and definition.name.value == name))
        ]
        return operations[0] if len(operations) == 1 else None

    def measured(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None
    ) -> tuple[Shape, int]:
        """Return the shape of one of the operations, and its cost with these variables."""
        shape = self.shapes[operation.name.value if operation.name else None]
        return shape, shape.cost(variables_with_defaults(operation, variables or {}))

    def operation_type(self, name: str | None) -> OperationType | None:
        """Return the kind of the operation that would be executed, or None."""
        operation = self.operation(name)
        return operation.operation if operation else None


_SPELLINGS = Kept[str, Spelling](number=512, weight=2_000_000)
"""Normalised texts by the text that clients send, the usual way to a cached document. Their weight is their length."""

_DOCUMENTS = Kept[tuple[Schema, str], PreparedDocument](number=128, weight=1_000_000)
"""Documents by normalised text. Their weight is the steps of reading them."""


class Document:
    """Document of one request, cached or yet to be read. `points` are charged before it is read."""

    def __init__(self, schema: Schema, query: str) -> None:
        self._schema = schema
        self._work = Work()
        spelling = _SPELLINGS.get(query)
        if spelling is None:
            spelling = spell(query)
            _SPELLINGS.put(query, spelling, weight=len(query))
            self._work.steps += len(query) // CHARACTERS_PER_STEP_AS_SENT
        self._spelling = spelling
        self._prepared = _DOCUMENTS.get((schema, spelling.text))
        if self._prepared is None:
            self._work.steps += len(spelling.text) * STEPS_PER_CHARACTER + spelling.tokens * STEPS_PER_TOKEN
        self.points = self._points()

    @property
    def normal_form(self) -> str:
        return self._spelling.text

    @property
    def is_kept(self) -> bool:
        return self._prepared is not None

    def read(self) -> tuple[PreparedDocument, int]:
        """Return the document, and the points that are charged for reading it in addition to `points`."""
        if self._prepared is None:
            with span("read document"):
                self._prepared = _read(self._schema, self._spelling, self._work)
            key = self._schema, self._spelling.text
            _DOCUMENTS.put(key, self._prepared, weight=min(self._work.steps, settings.MAX_READING_STEPS))
        return self._prepared, self._points() - self.points

    def _points(self) -> int:
        steps = min(self._work.steps, settings.MAX_READING_STEPS)
        return int(max(0, steps - STEPS_INCLUDED)) // STEPS_PER_POINT


def prepare(schema: Schema, query: str) -> PreparedDocument:
    """Read the document of a request that has paid for it."""
    return Document(schema, query).read()[0]


def forget_documents() -> None:
    """Clear the caches, for tests that count the work."""
    _SPELLINGS.clear()
    _DOCUMENTS.clear()


def _read(schema: Schema, spelling: Spelling, work: Work) -> PreparedDocument:
    """Parse, validate and measure a document, and add the steps to `work`."""
    document = DocumentNode(definitions=())
    try:
        if spelling.longest_name > MAX_NAME_LENGTH:
            return PreparedDocument(document, (_name_too_long(spelling.longest_name),))
        work.spend(0)
        document = _parsed(spelling)
        errors = refuse_literals(document) or faults_of(graphql_schema(schema), document, work)
        shapes = {} if errors else measure(graphql_schema(schema), document)
    except GraphQLSyntaxError as error:
        return PreparedDocument(document, (error.with_traceback(None),))
    except TooMuchWork:
        return PreparedDocument(document, (_too_much_work(),))
    except RecursionError:
        return PreparedDocument(
            document, (limit_exceeded(Limit.NESTING, "The query is nested too deeply to be read."),)
        )
    return PreparedDocument(document, tuple(errors), shapes)


def _parsed(spelling: Spelling) -> DocumentNode:
    document = parse(spelling.text, max_tokens=settings.MAX_TOKENS)
    if document.loc:
        document.loc.source.body = ""  # locations are found in the client's text only
    return document


def _name_too_long(length: int) -> GraphQLError:
    return limit_exceeded(
        Limit.NAME_LENGTH,
        f"A name is {length} characters long; at most {MAX_NAME_LENGTH} are allowed.",
    )


def _too_much_work() -> GraphQLError:
    return limit_exceeded(
        Limit.READING_STEPS,
        f"The query takes more than {settings.MAX_READING_STEPS} steps to be read, which is the limit: "
        "ask for fewer fields, select none twice, and send long texts and lists as variables.",
    )
