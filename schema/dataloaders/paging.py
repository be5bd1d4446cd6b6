"""Keyset pagination: page requests, their statements, and pages of rows with cursors.

A cursor holds the values of the sort keys in one row, and the row's primary key, which breaks ties. A page is the rows
after (or before) it, so rows inserted or deleted elsewhere never shift a page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import BaseExpression, RawSQL
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from schema.dataloaders.plans import Columns, Plan, union
from schema.dataloaders.statements import Selector, Viewer, all_rows_of

SQL_TYPES = {int: "bigint", str: "text", Decimal: "numeric", datetime: "timestamptz"}


@dataclass(frozen=True)
class OrderTerm:
    """Sort key: a column or annotation, never null; `kind` is the type of its values."""

    column: str
    descending: bool = False
    kind: type = int

    @property
    def sql_type(self) -> str:
        """Type of the values in PostgreSQL."""
        return SQL_TYPES[self.kind]

    def reversed(self) -> "OrderTerm":
        return replace(self, descending=not self.descending)


@dataclass(frozen=True)
class PageRequest:
    """Arguments of a connection. Hashable: equal requests share one batch.

    `order` always ends with the primary key. `after` and `before` are the sort key values of a cursor's row. `size`
    counts from the end of the list when `backwards`. `annotations` are expressions that `where` or `order` name.
    """

    size: int
    order: tuple[OrderTerm, ...]
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    backwards: bool = False
    where: Q = field(default_factory=Q)
    annotations: tuple[tuple[str, BaseExpression], ...] = ()

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        """Render the request for people, without the values of cursors."""
        order = ", ".join(f"-{term.column}" if term.descending else term.column for term in self.order)
        places = [name for name in ("after", "before") if getattr(self, name) is not None]
        parts = [f"{'last' if self.backwards else 'first'} {self.size} by {order}", *places]
        return ", ".join([*parts, *[f"where {self.where}"] * bool(self.where)])

    @cached_property
    def _hash(self) -> int:
        """Hash, cached: a condition takes long to hash, and every parent's request is the same."""
        return hash((self.size, self.order, self.after, self.before, self.backwards, self.where))

    def with_keys(self, key: Callable[[Any], Any]) -> "PageRequest":
        """Return the request with `key(value)` for each value of its condition, in their order.

        True, false and null stay, as do expressions.
        """
        return replace(self, where=_with_keys(self.where, key))

    @cached_property
    def values(self) -> list[Any]:
        """Values of the condition by which requests of one shape differ."""
        found: list[Any] = []
        self.with_keys(found.append)
        return found

    @cached_property
    def shape(self) -> "PageRequest":
        """The request with types in place of these values, and marks in place of cursors."""
        after, before = (None if place is None else () for place in (self.after, self.before))
        return replace(self.with_keys(type), after=after, before=before)

    @property
    def is_first(self) -> bool:
        """True for the first page, the one that most requests ask for."""
        return self.after is None and self.before is None

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Filter `rows` to the list that is paginated."""
        annotated: QuerySet[Any] = rows.annotate(**dict(self.annotations))
        return annotated.filter(self.where)

    def __call__(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the page and one more, by which has-next is known."""
        rows, order = self.narrow(rows), self.order
        if self.after is not None:
            rows = rows.filter(_beyond(order, self.after))
        if self.before is not None:
            rows = rows.filter(_beyond(tuple(term.reversed() for term in order), self.before))
        if self.backwards:
            order = tuple(term.reversed() for term in order)
        columns = [f"-{term.column}" if term.descending else term.column for term in order]
        return rows.order_by(*columns)[: self.size + 1]


@dataclass(eq=False)
class Page:
    """Page of a list. `everything()` is the base query of the list before it is filtered; with `by`, the foreign key to
    the parent, that of all parents' lists.
    """

    rows: Sequence[Any]
    request: PageRequest
    has_next_page: bool
    has_previous_page: bool
    everything: Callable[[], QuerySet[Any]]
    by: str | None = None
    parent: Any = None

    @cached_property
    def edges(self) -> list["PageEdge"]:
        return [PageEdge(row, self) for row in self.rows]


@dataclass(eq=False)
class PageEdge:
    """Row on its page."""

    node: Any
    page: Page


def columns_of_page(request: PageRequest, plan: Plan) -> Columns:
    """Return the columns of rows that are read for `plan` on their page, with the sort keys for cursors."""
    rows = plan.beneath("edges").beneath("node")
    return union((rows.columns, frozenset(term.column for term in request.order)))


def page_of(selector: Selector, viewer: Viewer, request: PageRequest, plan: Plan) -> Page:
    """Load one page of a list without a parent, for `plan`.

    The statement of an unfiltered first page, which many ask for, is cached.
    """
    keep = request.is_first and not request.where
    rows = all_rows_of(selector, viewer, request, columns_of_page(request, plan), keep=keep)
    return _page(rows, request, partial(selector, viewer))


def pages_of(
    rows: Sequence[Any],
    *,
    by: str,
    keys: Sequence[Any],
    request: PageRequest,
    everything: Callable[[], QuerySet[Any]],
) -> dict[Any, Page]:
    """Split the rows of a batch into a page for each of `keys`."""
    children: dict[Any, list[Any]] = {key: [] for key in keys}
    for row in rows:
        children[row.parent_key].append(row)
    return {key: _page(children[key], request, everything, by, key) for key in keys}


def _page(
    rows: Sequence[Any],
    request: PageRequest,
    everything: Callable[[], QuerySet[Any]],
    by: str | None = None,
    parent: Any = None,
) -> Page:
    more = len(rows) > request.size
    rows = list(rows[: request.size])
    if request.backwards:
        rows.reverse()
    return Page(
        rows=rows,
        request=request,
        has_next_page=request.before is not None if request.backwards else more,
        has_previous_page=more if request.backwards else request.after is not None,
        everything=everything,
        by=by,
        parent=parent,
    )


def _beyond(order: tuple[OrderTerm, ...], values: tuple[Any, ...]) -> Q | BaseExpression:
    """Return the condition that a row comes after the row with `values`, in `order`.

    A single direction is a row comparison, which an index answers; mixed directions are expanded.
    """
    if len({term.descending for term in order}) == 1:
        compare = TupleLessThan if order[0].descending else TupleGreaterThan
        return compare(Tuple(*(term.column for term in order)), values)
    condition, ties = Q(), Q()
    for term, value in zip(order, values, strict=True):
        lookup = "lt" if term.descending else "gt"
        condition |= ties & Q((f"{term.column}__{lookup}", value))
        ties &= Q((term.column, value))
    return condition


def _with_keys(where: Q, key: Callable[[Any], Any]) -> Q:
    def keyed(child: Any) -> Any:
        if isinstance(child, Q):
            return _with_keys(child, key)
        if isinstance(child, tuple) and type(child[1]) in SQL_TYPES:
            return child[0], key(child[1])
        return child

    found = where.copy()
    found.children = list(map(keyed, where.children))
    return found


def is_plain(where: Q) -> bool:
    """Return whether a condition compares columns with its keys, true, false or null, and does nothing else."""
    return all(
        is_plain(child)
        if isinstance(child, Q)
        else isinstance(child, tuple) and isinstance(child[1], RawSQL | bool | None)
        for child in where.children
    )
