"""Model instances from precompiled SQL.

Django's `raw()` maps columns to fields anew for every statement, and `Model.__init__` goes through every field of
every row. For a page of many small rows that takes longer than PostgreSQL does.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import JSONField, Model, QuerySet
from django.db.models.base import ModelState

from courses.utils.prepared import VARYING, Prepared

T = TypeVar("T", bound=Model)


class RowReader(Generic[T]):
    """Hydration of `model` from the rows of one statement, which is run again and again.

    A column of the model's table fills its field, as Django would; any other column becomes an attribute. A
    field that was not selected is loaded when it is asked for. A model with a `from_db` of its own is asked.
    """

    def __init__(self, model: type[T], annotations: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._model = model
        self._annotations = annotations
        self._names: list[str] = []
        self._json: list[int] = []
        self._converted: list[tuple[int, Any, Any]] = []
        is_plain = model.from_db.__func__ is Model.from_db.__func__  # type: ignore[attr-defined]
        fields = () if is_plain else model._meta.concrete_fields
        self._fields_of_own_from_db = [field.attname for field in fields]

    def rows(self, statement: Prepared | str, parameters: Any) -> list[T]:
        """Run the statement, and hydrate its rows."""
        with connection.cursor() as cursor:
            if isinstance(statement, Prepared):
                statement.execute(cursor, parameters)
            else:
                cursor.execute(statement, parameters)
            return self.rows_at(cursor)

    def rows_at(self, cursor: CursorWrapper) -> list[T]:
        """Hydrate the rows of the statement that `cursor` has run."""
        columns = [] if self._names else [column.name for column in cursor.description]
        return self.rows_of(columns, cursor.fetchall(), cursor.db)

    def rows_of(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], session: Any) -> list[T]:
        """Hydrate rows, given as tuples, of a statement with these columns; `session` is Django's connection."""
        if not self._names:
            self._learn(columns)
        return [self._row(session, values) for values in rows]

    def _learn(self, columns: Sequence[str]) -> None:
        """Map each column to its attribute, and find the values that need a conversion."""
        table, fields = self._model._meta.db_table, {f.column: f for f in self._model._meta.concrete_fields}
        filled = [fields.get(column) for column in columns]
        compiler = self._model._default_manager.all().query.get_compiler(connection.alias)
        expressions = [
            field.get_col(table) if field else self._annotations.get(column)
            for field, column in zip(filled, columns, strict=True)
        ]
        converters = compiler.get_converters(expressions)
        self._json = [
            place
            for place, each in enumerate(expressions)
            if each is not None and _is_plain_json(each.output_field)
        ]
        self._converted = [(place, *each) for place, each in converters.items() if place not in self._json]
        self._names = [
            field.attname if field else column for field, column in zip(filled, columns, strict=True)
        ]

    def _row(self, session: Any, values: Sequence[Any]) -> T:
        names = self._names
        attributes = dict(zip(names, values, strict=True))
        for place in self._json:
            text = values[place]
            attributes[names[place]] = None if text is None else orjson.loads(text)
        for place, converters, expression in self._converted:
            value = values[place]
            for convert in converters:
                value = convert(value, expression, session)
            attributes[names[place]] = value
        if not self._fields_of_own_from_db:
            return row_of(self._model, attributes)
        own = {name: attributes.pop(name) for name in self._fields_of_own_from_db if name in attributes}
        row = self._model.from_db(session.alias, list(own), list(own.values()))
        vars(row).update(attributes)
        return row


_FIRST_STAND_IN = 2**62


def stand_in(number: int) -> int:
    """Return a primary key that no row has, a placeholder in a query that is composed once."""
    return _FIRST_STAND_IN + number


class CompiledQuery(Generic[T]):
    """A query that Django composes once, and each session plans once, with stand-ins where primary keys belong.

    `within` is SQL around it. Raises EmptyResultSet for a query that never has rows. A query that is `run_once` is not
    planned for later.
    """

    def __init__(self, rows: QuerySet[T], within: str = "{rows}", *, run_once: bool = False) -> None:
        is_locked = (
            rows.query.select_for_update
        )  # composed within transactions alone; PostgreSQL is told of none
        with transaction.atomic() if is_locked else nullcontext():
            sql, parameters = rows.query.sql_with_params()
        self._keys = [value for value in parameters if is_stand_in(value)]
        leading = [VARYING] * within.count("%s")
        constants = [VARYING if is_stand_in(value) else value for value in parameters]
        self.statement = Prepared(within.format(rows=sql), [*leading, *constants], run_once=run_once)
        self.reader: RowReader[T] = RowReader(rows.model, rows.query.annotation_select)

    def rows(self, keys: Mapping[int, Any], *leading: Any) -> list[T]:
        """Return the rows with `keys` in place of the stand-ins; `leading` are parameters that precede the query's."""
        return self.reader.rows(self.statement, [*leading, *self.values(keys)])

    def values(self, keys: Mapping[int, Any]) -> list[Any]:
        """Return the query's parameters: `keys` where it has stand-ins."""
        return [keys[key] for key in self._keys]


def is_stand_in(value: Any) -> bool:
    """Tell if a parameter is the placeholder of a key."""
    return type(value) is int and value > _FIRST_STAND_IN


class _Stored(ModelState):
    """State of a row that was read from the database."""

    db = DEFAULT_DB_ALIAS
    adding = False


def row_of(model: type[T], attributes: Mapping[str, Any]) -> T:
    """Return a row as it was read from the database, with these attributes; others are loaded when asked for."""
    row = model.__new__(model)
    vars(row).update(attributes, _state=_Stored())
    return row


def _is_plain_json(field: Any) -> bool:
    """Return whether orjson reads the field's values like Django's JSONField, only faster."""
    return type(field) is JSONField and field.decoder is None
