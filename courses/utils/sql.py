"""Statements that are clearer in SQL than in the query language of the models."""

from collections import namedtuple
from functools import cache
from typing import Any

from django.db import connection


def fetch(statement: str, **parameters: Any) -> list[Any]:
    """The rows of `statement` as named tuples; its placeholders are `%(name)s`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = _row_class(tuple(column.name for column in cursor.description))
        return [row(*values) for values in cursor.fetchall()]


@cache
def _row_class(names: tuple[str, ...]) -> Any:
    return namedtuple("row", names)  # type: ignore[misc]


def execute(statement: str, **parameters: Any) -> int:
    """Carry out `statement` and return how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        count: int = cursor.rowcount
    return count
