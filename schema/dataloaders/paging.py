"""Pages of a list by keyset: what a page asks, the statement that reads it, and the cursors that go on from it.

A cursor names the values of the order's columns in one row, and the row's primary key, which breaks ties. A
page is the rows after (or before) it, so that rows which come or go elsewhere never shift a page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.expressions import BaseExpression, RawSQL
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

Settle: TypeAlias = Callable[[Sequence[Any]], None]


@dataclass(frozen=True)
class OrderTerm:
    """One column or annotation a list is ordered by; `kind` is the type of its values, which are never null."""

    column: str
    descending: bool = False
    kind: type = int

    def reversed(self) -> "OrderTerm":
        return replace(self, descending=not self.descending)


@dataclass(frozen=True)
class PageRequest:
    """Which rows of a list a client asks for. Hashable: equal requests share one batch.

    `order` always ends with the primary key. `after` and `before` are the values of its columns in the row
    that a cursor named. `size` counts from the end of the list when `backwards`. `annotations` are
    expressions that `where` or `order` name.
    """

    size: int
    order: tuple[OrderTerm, ...]
    after: tuple[Any, ...] | None = None
    before: tuple[Any, ...] | None = None
    backwards: bool = False
    where: Q = field(default_factory=Q)
    annotations: tuple[tuple[str, BaseExpression], ...] = ()


@dataclass(eq=False)
class Page:
    """Some rows of a list. `everything` is the whole list (of all parents, which column `by` tells apart)."""

    rows: Sequence[Any]
    request: PageRequest
    has_next_page: bool
    has_previous_page: bool
    everything: QuerySet[Any]
    by: str | None = None
    parent: Any = None

    @cached_property
    def edges(self) -> list["PageEdge"]:
        return [PageEdge(row, self) for row in self.rows]


@dataclass(eq=False)
class PageEdge:
    """A row and the page it stands on."""

    node: Any
    page: Page


_TOP_ROWS_OF_EACH = """
    SELECT "child".*, "parent"."key" AS "parent_key"
    FROM unnest(%s::bigint[]) AS "parent"("key")
    CROSS JOIN LATERAL (SELECT row_number() OVER () AS "place", "top".* FROM ({top}) AS "top") AS "child"
    ORDER BY "parent"."key", "child"."place"
"""


def page_of(queryset: QuerySet[Any], request: PageRequest, settle: Settle | None = None) -> Page:
    """One page of a list that has no parent."""
    everything = _narrowed(queryset, request)
    rows = list(_window(everything, request))
    if settle:
        settle(rows)
    return _page(rows, request, everything)


def pages_of(
    queryset: QuerySet[Any],
    *,
    by: str,
    keys: Sequence[Any],
    request: PageRequest,
    settle: Settle,
) -> dict[Any, Page]:
    """A page of the children of each of `keys`, in one statement: the top rows of each parent by LATERAL.

    A window function over all children would read every one of them, which costs five times as much.
    """
    everything = _narrowed(queryset, request)
    parent = RawSQL('"parent"."key"', (), output_field=BigIntegerField())
    inner, parameters = _window(everything.filter(**{by: parent}), request).query.sql_with_params()
    statement = _TOP_ROWS_OF_EACH.format(top=inner)
    children = list(queryset.model._default_manager.raw(statement, [list(keys), *parameters]))
    settle(children)
    rows: dict[Any, list[Any]] = {key: [] for key in keys}
    for child in children:
        rows[child.parent_key].append(child)
    return {key: _page(rows[key], request, everything, by, key) for key in keys}


def _narrowed(queryset: QuerySet[Any], request: PageRequest) -> QuerySet[Any]:
    return queryset.annotate(**dict(request.annotations)).filter(request.where)


def _window(queryset: QuerySet[Any], request: PageRequest) -> QuerySet[Any]:
    """The rows asked for and one more, which tells whether the list goes on."""
    order = request.order
    if request.after is not None:
        queryset = queryset.filter(_beyond(order, request.after))
    if request.before is not None:
        queryset = queryset.filter(_beyond(tuple(term.reversed() for term in order), request.before))
    if request.backwards:
        order = tuple(term.reversed() for term in order)
    columns = [f"-{term.column}" if term.descending else term.column for term in order]
    return queryset.order_by(*columns)[: request.size + 1]


def _page(
    rows: Sequence[Any],
    request: PageRequest,
    everything: QuerySet[Any],
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
    """The condition that a row comes after the row with `values`, in `order`.

    One direction throughout is a row comparison, which an index answers; mixed directions are spelt out.
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
