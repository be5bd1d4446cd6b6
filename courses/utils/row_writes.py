"""Writes of one row as prepared statements, made of the model: what `save()` would write, without asking again."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import BigIntegerField, Field, Model
from django.db.models.expressions import RawSQL

from courses.utils.prepared import VARYING, Prepared

Written: TypeAlias = tuple[Prepared, Sequence[Any]]
"""A statement that writes, with its values."""


class Insertion:
    """INSERT of a row of a model. A primary key and stamps that it lacks are made by the database."""

    def __init__(self, model: type[Model]) -> None:
        self._fields: list[Field[Any, Any]] = [
            field for field in model._meta.concrete_fields if not field.generated
        ]
        table = model._meta.db_table
        columns = ", ".join(f'"{field.column}"' for field in self._fields)
        values = ", ".join(_inserted(field) for field in self._fields)
        self.statement = _of_fields(f'INSERT INTO "{table}" ({columns}) VALUES ({values})', self._fields)  # noqa: S608

    def of(self, row: Model) -> Written:
        """Return what inserts the row, which from now on counts as stored."""
        row._state.adding, row._state.db = False, connection.alias
        return self.statement, _values(row, self._fields)


class Update:
    """UPDATE of some fields of a row of a model, found by its primary key, and of the time of its last change."""

    def __init__(self, model: type[Model], names: Iterable[str]) -> None:
        key: Any = model._meta.pk
        self._fields = [*(model._meta.get_field(name) for name in names), key]
        *changed, _ = self._fields
        columns = ", ".join(f'"{field.column}" = %s' for field in changed)
        self.statement = _of_fields(
            f'UPDATE "{model._meta.db_table}" SET {columns}, "updated_date" = statement_timestamp() '  # noqa: S608
            f'WHERE "{key.column}" = %s',
            self._fields,
        )

    def of(self, row: Model) -> Written:
        """Return what updates the row."""
        return self.statement, _values(row, self._fields)


def next_key(model: type[Model]) -> RawSQL:
    """Return an expression that draws the primary key of a row that is to be inserted."""
    return RawSQL(_next_key(model), (), output_field=BigIntegerField())  # noqa: S611 - names of the model


def _next_key(model: type[Model]) -> str:
    key: Any = model._meta.pk
    return f"nextval(pg_get_serial_sequence('{model._meta.db_table}', '{key.column}'))"


def _inserted(field: "Field[Any, Any]") -> str:
    if field.primary_key:
        return f"coalesce(%s::bigint, {_next_key(field.model)})"
    is_stamp = hasattr(field.db_default, "resolve_expression")
    return "coalesce(%s::timestamptz, statement_timestamp())" if is_stamp else "%s"


def _of_fields(sql: str, fields: Sequence[Any]) -> Prepared:
    return Prepared(sql, [VARYING] * len(fields))


def _values(row: Model, fields: Iterable[Any]) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
