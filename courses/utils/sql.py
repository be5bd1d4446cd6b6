"""Statements that are clearer in SQL than in the query language of the models."""

from collections import namedtuple
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model, Q
from django.db.models.sql import Query


def fetch(statement: str, **parameters: Any) -> list[Any]:
    """The rows of `statement` as named tuples; its placeholders are `%(name)s`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = _row_class(tuple(column.name for column in cursor.description))
        return [row(*values) for values in cursor.fetchall()]


@cache
def _row_class(names: tuple[str, ...]) -> Any:
    return namedtuple("row", names)  # type: ignore[misc]


def in_sql(rule: Any, **row: type[Model]) -> str:
    """A condition or expression over the columns of one row, as SQL for a statement that is written out.

    `row` is the name of the row in the statement, with its model: `in_sql(TAKES, learner=Enrollment)`. So a rule
    that narrows querysets is the very one that written statements go by.
    """
    [(name, model)] = row.items()
    query = Query(model)
    renamed: dict[str | None, str] = {query.get_initial_alias(): name}
    resolved = query.build_where(rule) if isinstance(rule, Q) else rule.resolve_expression(query)
    query.change_aliases(renamed)
    sql, values = query.get_compiler(connection=connection).compile(resolved.relabeled_clone(renamed))
    written: str = sql % tuple(map(connection.schema_editor().quote_value, values))
    return written.replace("%", "%%")


def execute(statement: str, **parameters: Any) -> int:
    """Carry out `statement` and return how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        count: int = cursor.rowcount
    return count
