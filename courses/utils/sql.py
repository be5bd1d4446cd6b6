"""Statements that are clearer in SQL than in the query language of the models."""

from collections import namedtuple
from collections.abc import Collection
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Model, Q
from django.db.models.expressions import RawSQL
from django.db.models.sql import Query


def fetch(statement: str, **parameters: Any) -> list[Any]:
    """Return the rows of `statement` as named tuples; its placeholders are `%(name)s`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = _row_class(tuple(column.name for column in cursor.description))
        return [row(*values) for values in cursor.fetchall()]


@cache
def _row_class(names: tuple[str, ...]) -> Any:
    return namedtuple("row", names)  # type: ignore[misc]


def in_sql(rule: Any, flags: Collection[str] = (), /, **row: type[Model]) -> str:
    """Compile a condition or expression over the columns of one row to SQL, for a statement that is written out.

    `row` is the name of the row in the statement, with its model: `in_sql(TAKES, learner=Enrollment)`. So querysets
    and written statements share one rule. `flags` are booleans that the row has beside the columns of its model.
    """
    [(name, model)] = row.items()
    query = Query(model)
    for flag in flags:
        query.add_annotation(RawSQL(f'{name}."{flag}"', (), BooleanField()), flag)  # noqa: S611 - names of ours
    renamed: dict[str | None, str] = {query.get_initial_alias(): name}
    resolved = query.build_where(rule) if isinstance(rule, Q) else rule.resolve_expression(query)
    query.change_aliases(renamed)
    sql, values = query.get_compiler(connection=connection).compile(resolved.relabeled_clone(renamed))
    written: str = sql % tuple(map(connection.schema_editor().quote_value, values))
    return written.replace("%", "%%")


def iso_format(sql: str) -> str:
    """Return the SQL of a moment as `datetime.isoformat` writes it in UTC: microseconds where there are any."""
    moment = f"({sql} AT TIME ZONE 'UTC')"
    return (
        f"to_char({moment}, CASE WHEN date_trunc('second', {moment}) = {moment} "
        f"THEN 'YYYY-MM-DD\"T\"HH24:MI:SS+00:00' ELSE 'YYYY-MM-DD\"T\"HH24:MI:SS.US+00:00' END)"
    )


def global_id(type_name: str, key: str) -> str:
    """Return the SQL of a global id, NULL for the key NULL: of one line, as names of types are short."""
    return f"encode(convert_to('{type_name}:' || {key}, 'UTF8'), 'base64')"


def execute(statement: str, **parameters: Any) -> int:
    """Execute `statement` and return the number of rows that it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        count: int = cursor.rowcount
    return count
