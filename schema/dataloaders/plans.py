"""What a query asks for, as look-ahead finds it: which columns of rows are read, and what is loaded under them."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from textwrap import indent
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from schema.dataloaders.base import Declaration

Columns: TypeAlias = frozenset[str] | None
"""The columns and annotations of rows that will be read, beside the primary key; or EVERYTHING."""

EVERYTHING: Columns = None


def union(columns: Iterable[Columns]) -> Columns:
    """All of these columns."""
    found: set[str] = set()
    for each in columns:
        if each is None:
            return EVERYTHING
        found |= each
    return frozenset(found)


@dataclass(frozen=True)
class Step:
    """One thing to load under rows: a declared value, or an object that stands on them already.

    `name` is the attribute where such an object stands, or the fields that show the value.
    """

    declaration: "Declaration | None"
    name: str
    request: Hashable
    then: "Plan"
    compute: Callable[[Any], Any] | None = None
    """What makes the object of its parent, where it is not there yet."""

    def __str__(self) -> str:
        source = f": {self.declaration}" if self.declaration else ""
        request = f"request: {self.request}" if self.request is not None else ""
        beneath = [indent(str(each), "  ") for each in (request, self.then) if str(each)]
        return "\n".join([f"{self.name}{source}", *beneath])


@dataclass(frozen=True)
class Plan:
    """What is asked of objects: the columns that are read of them, and the steps that load what is under them."""

    columns: Columns = EVERYTHING
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        """A tree for people: the columns, then each step, and indented what is asked beneath it."""
        columns = "all columns" if self.columns is None else f"columns: {', '.join(sorted(self.columns))}"
        return "\n".join([columns] * (self.columns != frozenset()) + [str(step) for step in self.steps])

    @cached_property
    def loads(self) -> bool:
        """Whether it has anything to load."""
        return any(step.declaration or step.then.loads for step in self.steps)

    def beneath(self, attribute: str) -> "Plan":
        """What is asked of the objects that stand on these as `attribute`."""
        if self is UNKNOWN:
            return UNKNOWN
        found = [step.then for step in self.steps if step.declaration is None and step.name == attribute]
        return found[0] if found else NOTHING


UNKNOWN = Plan()
"""For what is read without looking ahead: all columns, and nothing under them."""

NOTHING = Plan(frozenset())
"""For objects of which nothing is asked."""
