"""Rows that belong to a row, read with it as one JSON value: one statement instead of one for each relation."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from django.db.models import DateTimeField, JSONField, Model, Subquery

from courses.utils.rows import row_of

T = TypeVar("T", bound=Model)


class _ExactDecoder(json.JSONDecoder):
    """Reads numbers with a point as decimals, which is what columns have."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"parse_float": Decimal})


class NestedRows(Subquery):
    """The rows of a queryset over the row outside, in its order: an array of objects, by the names of columns.

    The snapshot of a statement is older than the locks for which it waits, so what is to be changed by what is nested
    in it has to be locked by a statement before.
    """

    template = "(SELECT coalesce(jsonb_agg(nested), '[]') FROM (%(subquery)s) AS nested)"
    output_field = JSONField(decoder=_ExactDecoder)


def instances(model: type[T], nested: Iterable[Mapping[str, Any]]) -> list[T]:
    """Return the instances of what was nested; what is no column is an attribute as it is."""
    return [row_of(model, dict(_read(model, row))) for row in nested]


def _read(model: type[Model], row: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    readers = _readers(model)
    for column, value in row.items():
        name, read = readers.get(column, (column, None))
        yield name, value if read is None or value is None else read(value)


@cache
def _readers(model: type[Model]) -> Mapping[str, tuple[str, Callable[[Any], Any] | None]]:
    """Return the attribute of each column, with the function that makes the value of it that Django would."""
    fields: Iterable[Any] = model._meta.concrete_fields
    return {
        field.column: (field.attname, datetime.fromisoformat if isinstance(field, DateTimeField) else None)
        for field in fields
    }
