"""Compiled statements of declarations: one for each selector and kind of viewer, executed for any parents and viewer.

A selector depends on the viewer only by kind (nobody, a person, staff) and by id. So its statement is compiled once
for each kind, with a placeholder for the id. Building the same query anew for every request costs more than running
it.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache, lru_cache, partial
from typing import Any, TypeAlias

from django.core.exceptions import EmptyResultSet
from django.db.models import BigIntegerField, QuerySet
from django.db.models.expressions import RawSQL

from courses.models import User
from courses.policies.participation import Viewer
from courses.utils.rows import CompiledQuery, stand_in
from schema.dataloaders.plans import EVERYTHING, Columns

Selector: TypeAlias = Callable[[Viewer], QuerySet[Any]]
Window: TypeAlias = Callable[[QuerySet[Any]], QuerySet[Any]]
"""Sort and limit of the rows of one parent. Hashable; equal windows do the same."""

STAND_IN = stand_in(1)
"""Placeholder of the viewer's id in a compiled statement."""

STATEMENTS_KEPT = 1024

PARENT = RawSQL('"parent"."key"', (), output_field=BigIntegerField())

_ROWS_OF_EACH = """
    SELECT "child".*, "parent"."key" AS "parent_key"
    FROM unnest(%s::bigint[]) AS "parent"("key")
    CROSS JOIN LATERAL (SELECT row_number() OVER () AS "place", "top".* FROM ({rows}) AS "top") AS "child"
    ORDER BY "parent"."key", "child"."place"
"""
"""LATERAL reads the rows of each parent from an index, and stops at the limit. A window function over all children
would read every one of them, which costs five times as much.
"""


class Kind(Enum):
    """Class of viewer that policies distinguish: nobody, a person, or staff of the platform."""

    ANONYMOUS = "anonymous"
    PERSON = "person"
    STAFF = "staff"


def rows_of(
    selector: Selector,
    by: str,
    viewer: Viewer,
    keys: Sequence[Any],
    window: Window,
    columns: Columns = EVERYTHING,
    *,
    keep: bool = True,
) -> list[Any]:
    """Load the rows of `selector` whose column `by` is one of `keys`, as visible to `viewer`: one statement.

    `columns` is the projection. `keep` caches the compiled statement; a later page's is not worth it.
    """
    return _run(selector, by, viewer, window, columns, keep, list(keys))


def all_rows_of(
    selector: Selector, viewer: Viewer, window: Window, columns: Columns, *, keep: bool
) -> list[Any]:
    """Load the rows of `selector` within `window`, as visible to `viewer`: one statement."""
    return _run(selector, None, viewer, window, columns, keep)


def _run(
    selector: Selector,
    by: str | None,
    viewer: Viewer,
    window: Window,
    columns: Columns,
    keep: bool,
    *leading: Any,
) -> list[Any]:
    asked = selector, by, kind_of(viewer), window, columns
    found = statement(*asked) if keep else statement.__wrapped__(*asked, run_once=True)
    return found.rows({STAND_IN: viewer.pk if viewer else None}, *leading) if found else []


@lru_cache(maxsize=STATEMENTS_KEPT)
def statement(
    selector: Selector,
    by: str | None,
    kind: Kind,
    window: Window,
    columns: Columns,
    *,
    run_once: bool = False,
) -> CompiledQuery[Any] | None:
    """Compile the statement of a selector for one kind of viewer; None where no row can be visible.

    Without `by` there are no parents, and `window` is of all rows.
    """
    rows = selector(stand_in_for(kind))
    rows = window(rows.filter(**{by: PARENT}) if by else rows)
    assert not rows.query.select_related, "joined rows have columns of the same names"
    rows = _narrowed(rows, columns)
    try:
        return CompiledQuery(rows, _ROWS_OF_EACH if by else "{rows}", run_once=run_once)
    except EmptyResultSet:
        return None


def _narrowed(rows: QuerySet[Any], columns: Columns) -> QuerySet[Any]:
    """Project the rows to the primary key and `columns`, without changing which rows there are."""
    if columns is None:
        return rows
    pk = rows.model._meta.pk.attname
    return rows.values(*sorted({pk} | {pk if name == "pk" else name for name in columns}))


@cache
def stand_in_for(kind: Kind) -> Viewer:
    """Return a viewer of that class, whose id is the placeholder."""
    return None if kind is Kind.ANONYMOUS else User(pk=STAND_IN, is_staff=kind is Kind.STAFF)


def name_of(selector: Selector) -> str:
    """Return a selector's name, as that of a declaration is written: `module.function`."""
    function = selector.func if isinstance(selector, partial) else selector
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


def kind_of(viewer: Viewer) -> Kind:
    """Return the class of a viewer."""
    if viewer is None:
        return Kind.ANONYMOUS
    return Kind.STAFF if viewer.is_staff else Kind.PERSON
