"""The one statement of a declaration: compiled once from its selector, then run for any parents and any viewer.

What a selector reads depends on the viewer only by their kind (nobody, a person, staff) and by their id. So its
statement is compiled once for each kind, with a stand-in where the id belongs. Building the same query anew for
every request costs more than running it.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache
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
"""What to do with the rows of one parent: order them, take the first. Hashable, and equal when it does the same."""

STAND_IN = stand_in(1)
"""Stands for the viewer's id in a compiled statement."""

STATEMENTS_KEPT = 1024

PARENT = RawSQL('"parent"."key"', (), output_field=BigIntegerField())

_ROWS_OF_EACH = """
    SELECT "child".*, "parent"."key" AS "parent_key"
    FROM unnest(%s::bigint[]) AS "parent"("key")
    CROSS JOIN LATERAL (SELECT row_number() OVER () AS "place", "top".* FROM ({rows}) AS "top") AS "child"
    ORDER BY "parent"."key", "child"."place"
"""
"""LATERAL reads the rows of each parent from an index, and stops after those wanted. A window function over all
children would read every one of them, which costs five times as much.
"""


class Kind(Enum):
    """What a viewer is to every policy: nobody, somebody, or staff of the platform."""

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
    """The rows of `selector` whose column `by` is one of `keys`, as `viewer` may see them: one statement.

    `columns` are those that will be read. `keep` says whether the statement will be run again, which that of a
    later page will not.
    """
    return _run(selector, by, viewer, window, columns, keep, list(keys))


def all_rows_of(
    selector: Selector, viewer: Viewer, window: Window, columns: Columns, *, keep: bool
) -> list[Any]:
    """The rows of `selector` that `window` leaves, as `viewer` may see them: one statement."""
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
    asked = selector, by, _kind_of(viewer), window, columns
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
    """The statement of a selector for viewers of one kind; None where they can see no row at all.

    Without `by` it has no parents, and `window` is of all rows.
    """
    somebody = None if kind is Kind.ANONYMOUS else User(pk=STAND_IN, is_staff=kind is Kind.STAFF)
    rows = selector(somebody)
    rows = window(rows.filter(**{by: PARENT}) if by else rows)
    assert not rows.query.select_related, "joined rows have columns of the same names"
    rows = _narrowed(rows, columns)
    try:
        return CompiledQuery(rows, _ROWS_OF_EACH if by else "{rows}", run_once=run_once)
    except EmptyResultSet:
        return None


def _narrowed(rows: QuerySet[Any], columns: Columns) -> QuerySet[Any]:
    """The same rows with the primary key and those columns only. What decides which rows there are stays."""
    if columns is None:
        return rows
    pk = rows.model._meta.pk.attname
    return rows.values(*sorted({pk} | {pk if name == "pk" else name for name in columns}))


def _kind_of(viewer: Viewer) -> Kind:
    if viewer is None:
        return Kind.ANONYMOUS
    return Kind.STAFF if viewer.is_staff else Kind.PERSON
