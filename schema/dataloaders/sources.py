"""Sources of root fields: rows named by arguments, without asking the database yet.

A source is loaded with what is asked beneath it, or inlined into the one statement of its operation.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

from schema.dataloaders.base import ByPk, InOrder
from schema.dataloaders.inlining import Inlining, NotInlined, Show, Written
from schema.dataloaders.paging import SQL_TYPES, PageRequest, is_plain, page_of
from schema.dataloaders.plans import Plan
from schema.dataloaders.statements import Selector, Viewer, all_rows_of, name_of


class Source(ABC):
    """Rows of a root field. Equal sources differ by `keys` alone, and are read by the same statement."""

    type_name: str | None = None
    """Name of the rows' type, where that of the field is an interface."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the selector or declaration that reads it."""

    def names(self) -> list[str]:
        """Return the name, as that of a statement."""
        return [self.name]

    @property
    def keys(self) -> tuple[Any, ...]:
        """Values by which sources of the same statement differ."""
        return ()

    @property
    @abstractmethod
    def shape(self) -> Any:
        """Everything but the keys; hashable."""

    @abstractmethod
    def load(self, viewer: Viewer, plan: Plan) -> Any:
        """Load the value with the columns of `plan`: work for a database thread."""

    @abstractmethod
    def inline(self, inlining: Inlining, show: Show) -> Written:
        """Return the SQL of the value's JSON. Raises NotInlined."""


@dataclass(frozen=True)
class NoRow(Source):
    """No row: the arguments name none."""

    @property
    def name(self) -> str:
        return "no row"

    @property
    def shape(self) -> Any:
        return None

    def load(self, viewer: Viewer, plan: Plan) -> Any:
        return None

    def inline(self, inlining: Inlining, show: Show) -> Written:
        return Written("NULL")


@dataclass(frozen=True)
class RowByPk(Source):
    """Row of the type `type_name` with a primary key, as far as it is visible."""

    declaration: ByPk
    key: int
    type_name: str

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def keys(self) -> tuple[Any, ...]:
        return (self.key,)

    @property
    def shape(self) -> Any:
        return self.declaration

    def load(self, viewer: Viewer, plan: Plan) -> Any:
        return self.declaration.load(viewer, [self.key], None, plan).get(self.key)

    def inline(self, inlining: Inlining, show: Show) -> Written:
        rows = inlining.rows(self.declaration.selector, pk=inlining.key("bigint"))
        return rows.one(show, pending=self.declaration.after_load.pending)


@dataclass(frozen=True)
class RowBy(Source):
    """Row of a selector by columns or annotations that are unique together: `by` has their names and values."""

    selector: Selector
    by: tuple[tuple[str, int | str], ...]

    @property
    def name(self) -> str:
        return name_of(self.selector)

    @property
    def keys(self) -> tuple[Any, ...]:
        return tuple(value for _, value in self.by)

    @property
    def shape(self) -> Any:
        return self.selector, tuple((name, type(value)) for name, value in self.by)

    def load(self, viewer: Viewer, plan: Plan) -> Any:
        return self.selector(viewer).filter(**dict(self.by)).first()

    def inline(self, inlining: Inlining, show: Show) -> Written:
        types = {int: "bigint", str: "text"}
        keys = {name: inlining.key(types[type(value)]) for name, value in self.by}
        return inlining.rows(self.selector, **keys).one(show)


@dataclass(frozen=True)
class OwnRow(Source):
    """Row of a selector over people that is the viewer; none for nobody."""

    selector: Selector

    @property
    def name(self) -> str:
        return name_of(self.selector)

    @property
    def shape(self) -> Any:
        return self.selector

    def load(self, viewer: Viewer, plan: Plan) -> Any:
        if viewer is None:
            return None
        [row] = all_rows_of(self.selector, viewer, InOrder(), plan.columns, keep=True)
        return row

    def inline(self, inlining: Inlining, show: Show) -> Written:
        if inlining.viewer is None:
            return Written("NULL")
        return inlining.rows(self.selector).one(show)


@dataclass(frozen=True)
class RootPage(Source):
    """Page of all rows of a selector."""

    selector: Selector
    request: PageRequest

    @property
    def name(self) -> str:
        return name_of(self.selector)

    @property
    def keys(self) -> tuple[Any, ...]:
        return (*self.request.values, *(self.request.after or ()), *(self.request.before or ()))

    @property
    def shape(self) -> Any:
        return self.selector, self.request.shape

    def load(self, viewer: Viewer, plan: Plan) -> Any:
        return page_of(self.selector, viewer, self.request, plan)

    def inline(self, inlining: Inlining, show: Show) -> Written:
        request = self.request.with_keys(lambda value: inlining.key(SQL_TYPES[type(value)]))
        if not is_plain(request.where):
            raise NotInlined("conditions that differ from request to request")
        types = [term.sql_type for term in self.request.order]
        after, before = (
            None if place is None else tuple(inlining.key(sql_type) for sql_type in types)
            for place in (self.request.after, self.request.before)
        )
        request = replace(request, after=after, before=before)
        return show.page(inlining.rows(self.selector), request)
