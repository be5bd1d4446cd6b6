"""Prefetch plans, as look-ahead makes them: the projection of rows, and the steps beneath."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from textwrap import indent
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from schema.dataloaders.base import Declaration

Columns: TypeAlias = frozenset[str] | None
"""Projection: columns and annotations that are read of rows, beside the primary key; or EVERYTHING."""

EVERYTHING: Columns = None


def union(columns: Iterable[Columns]) -> Columns:
    """Return the union of projections."""
    found: set[str] = set()
    for each in columns:
        if each is None:
            return EVERYTHING
        found |= each
    return frozenset(found)


@dataclass(frozen=True)
class Step:
    """One prefetch: a declared value, or an object that its parent already has or computes.

    `name` is the attribute that holds such an object, or the fields that show the value.
    """

    declaration: "Declaration | None"
    name: str
    request: Hashable
    then: "Plan"
    compute: Callable[[Any], Any] | None = None
    """Pure function that makes the object from its parent, where it is no attribute."""

    def __str__(self) -> str:
        source = f": {self.declaration}" if self.declaration else ""
        request = f"request: {self.request}" if self.request is not None else ""
        beneath = [indent(str(each), "  ") for each in (request, self.then) if str(each)]
        return "\n".join([f"{self.name}{source}", *beneath])


@dataclass(frozen=True)
class Plan:
    """Prefetch plan of one level: the projection of its objects, and the steps beneath them."""

    columns: Columns = EVERYTHING
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        """Render a tree for people: the columns, then each step with its plan indented."""
        columns = "all columns" if self.columns is None else f"columns: {', '.join(sorted(self.columns))}"
        return "\n".join([columns] * (self.columns != frozenset()) + [str(step) for step in self.steps])

    @cached_property
    def loads(self) -> bool:
        """True if any step loads something."""
        return any(step.declaration or step.then.loads for step in self.steps)

    @property
    def requests(self) -> Iterator[Hashable]:
        """Requests of everything that is loaded, in the order of the steps."""
        for step in self.steps:
            if step.request is not None:
                yield step.request
            yield from step.then.requests

    @property
    def declarations(self) -> Iterator["Declaration"]:
        """Declarations of everything that is loaded, in the order of the steps."""
        for step in self.steps:
            if step.declaration is not None:
                yield step.declaration
            yield from step.then.declarations

    def names(self) -> list[str]:
        """Return the names of the declarations, as those of a statement that reads all of them."""
        return [declaration.name for declaration in self.declarations]

    def beneath(self, attribute: str) -> "Plan":
        """Return the plan of the objects that these have as `attribute`."""
        if self is UNKNOWN:
            return UNKNOWN
        return joined(step.then for step in self.steps if step.declaration is None and step.name == attribute)

    def columns_of(self, attribute: str) -> Columns:
        """Return the projection of the objects that these have as `attribute`."""
        if self.columns is None:
            return EVERYTHING
        found = (name.partition(".") for name in self.columns)
        return frozenset(column for owner, _, column in found if owner == attribute)

    def of(self, declaration: "Declaration") -> "Plan":
        """Return the plan of what a declaration loads for these objects, whatever the request."""
        if self is UNKNOWN:
            return UNKNOWN
        return joined(step.then for step in self.steps if step.declaration is declaration)


def joined(plans: Iterable[Plan]) -> Plan:
    """Return the plan of everything that the plans of the same objects ask."""
    found = list(plans)
    if len(found) == 1:
        return found[0]
    return Plan(union(plan.columns for plan in found), tuple(step for plan in found for step in plan.steps))


UNKNOWN = Plan()
"""Plan without look-ahead: whole rows, nothing beneath them."""

NOTHING = Plan(frozenset())
"""Plan of objects of which nothing is selected."""
