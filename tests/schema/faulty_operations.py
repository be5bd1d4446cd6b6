"""Fuzzer of operations over the whole graph, whose arguments are invalid here and there, at any depth."""

import base64
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

DEPTH = 7

NULLABLE_ROOTS = ["viewer", "node", "assessment", "attempt", "course"]
ROOTS = [*NULLABLE_ROOTS, "courses", "nodes", "reviewModerationQueue", "gradingQueue"]
PAGES = [1, 2, 100, 0, -1, 101, 2**31 - 1, None]
NUMBERS = [1, 3, 5, 0, -7, 2**31 - 1, None]
TEXTS = ["", "word", "x" * 201, None]
PLACES: list[list[Any]] = [
    ["2030-01-01T00:00:00+00:00", 2**60],
    ["2030-01-01T00:00:00+00:00"],
    [5, 1],
    [{}],
    [2**63, 2**64],
]
CURSORS = [
    base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    for values in PLACES
] + ["", "no cursor", None]  # fmt: skip
MOMENTS = ["2026-03-01T12:00:00+00:00", "1999-12-31T23:59:59.999999Z", None]
RATINGS = ["1", "4.5", "0", "-1", "6", "1e-99999999", "1e400", "NaN", None]
OF_THE_CLOCK = {"DateTime"}
"""Scalars whose values differ from one execution to the next."""


@dataclass
class FaultyOperations:
    """Writes operations for a schema; `rows` are the ids of one thing of each type, by the name of the type."""

    schema: GraphQLSchema
    rows: Mapping[str, str]
    chance: random.Random
    variables: dict[str, Any] = field(init=False, default_factory=dict)
    _declared: dict[str, str] = field(init=False, default_factory=dict)

    def query(self) -> str:
        """An operation over one root field, or over two that may be null; its variables are in `variables`."""
        self.variables = {}
        roots = self.chance.choice([[self.chance.choice(ROOTS)], self.chance.sample(NULLABLE_ROOTS, 2)])
        return self._operation("query", " ".join(map(self._root, roots)))

    def mutation(self, name: str, input: dict[str, Any]) -> str:
        """An operation that calls one mutation, and asks much of what it answers."""
        assert self.schema.mutation_type is not None
        self.variables = {}
        payload = self.schema.mutation_type.fields[name].type
        return self._operation(
            "mutation", f"{name}(input: {_written(input)}) {self._selection(payload, DEPTH)}"
        )

    def _operation(self, kind: str, selection: str) -> str:
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._declared.items())
        document = f"{kind} {f'({declared})' if declared else ''} {{ {selection} }}"
        self._declared = {}
        return document

    def _root(self, name: str) -> str:
        assert self.schema.query_type is not None
        if name in ("node", "nodes"):
            return f"{name}({self._id_arguments(name)}) {{ {self._of_many_types()} }}"
        field = self.schema.query_type.fields[name]
        of = {"assessment": "Assessment", "attempt": "AssessmentAttempt", "course": "Course"}.get(name)
        arguments = f'(id: "{self.rows[of]}")' if of else self._arguments(field, 0.1)
        return f"{name}{arguments} {self._selection(field.type, DEPTH)}"

    def _id_arguments(self, name: str) -> str:
        if name == "node":
            return f'id: "{self.chance.choice(list(self.rows.values()))}"'
        return f"ids: {_written(self.chance.sample([*self.rows.values(), 'bm8=', 'no id'], 6))}"

    def _of_many_types(self) -> str:
        asked = [
            (kind, self._fields(self.schema.type_map[kind], DEPTH, f"of{kind}_"))
            for kind in self.chance.sample(list(self.rows), 6)
        ]
        return "__typename " + " ".join(f"... on {kind} {{ {fields} }}" for kind, fields in asked)

    def _selection(self, type_: Any, depth: int) -> str:
        named = get_named_type(type_)
        return "" if is_leaf_type(named) else f"{{ {self._fields(named, depth)} }}"

    def _fields(self, type_: Any, depth: int, prefix: str = "") -> str:
        return " ".join(["__typename", *self._asked(type_, depth, prefix)])

    def _asked(self, type_: Any, depth: int, prefix: str) -> Iterator[str]:
        """Some fields of a type, those of a page nearly always; some of them twice, with other arguments."""
        is_page = type_.name.endswith(("Connection", "Edge", "Payload"))
        for name, of in type_.fields.items():
            named = get_named_type(of.type)
            if named.name in OF_THE_CLOCK or (depth <= 0 and not is_leaf_type(named)):
                continue
            if self.chance.random() > (0.9 if is_page else 0.35):
                continue
            below = depth if is_page else depth - 1
            for alias in (name, f"{name}Again")[: self.chance.choice((1, 1, 1, 1, 2))]:
                beneath = self._selection(named, below)
                asked = f"{prefix}{alias}: {name}{self._arguments(of)}{self._directive()} {beneath}"
                yield f"... on {type_.name} {{ {asked} }}" if self.chance.random() < 0.1 else asked

    def _directive(self) -> str:
        if self.chance.random() > 0.08:
            return ""
        is_bad = self.chance.random() < 0.15
        # a variable with a default may be null, and null is neither true nor false
        value = None if is_bad else self.chance.random() < 0.7
        variable = self._variable("Boolean = true" if is_bad else "Boolean!", value)
        return f" @{self.chance.choice(['include', 'skip'])}(if: {variable})"

    def _variable(self, type_: str, value: Any) -> str:
        name = f"v{len(self._declared)}"
        self._declared[name], self.variables[name] = type_, value
        return f"${name}"

    def _arguments(self, field: GraphQLField, likely: float = 0.25) -> str:
        given = []
        for name, argument in field.args.items():
            if is_required_argument(argument) or self.chance.random() < likely:
                value = self._value(argument.type, name)
                is_variable = self.chance.random() < 0.4
                written = self._variable(str(argument.type), value) if is_variable else _written(value)
                given.append(f"{name}: {written}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, type_: Any, name: str) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, name)
        if isinstance(type_, GraphQLList):
            return [self._value(type_.of_type, name) for _ in range(self.chance.randrange(3))]
        if isinstance(type_, GraphQLEnumType):
            return _Enum(self.chance.choice(list(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            names = self.chance.sample(list(type_.fields), self.chance.randrange(3))
            return {each: self._value(type_.fields[each].type, each) for each in names}
        if type_.name == "ID":
            return self.chance.choice([*self.rows.values(), "", "no id", "Q291cnNlOjA="])
        if type_.name == "Boolean":
            return self.chance.choice([True, False])
        if name in ("first", "last"):
            return self.chance.choice(PAGES)
        of_scalars: dict[str, Sequence[Any]] = {
            "Int": NUMBERS,
            "DateTime": MOMENTS,
            "Decimal": RATINGS,
            "String": CURSORS if name in ("after", "before") else TEXTS,
        }
        return self.chance.choice(of_scalars[type_.name])


class _Enum(str):
    """The name of an enum's value, which is written without quotation marks."""


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_written(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return str(value) if isinstance(value, _Enum) else json.dumps(value)
