"""SQL of a whole selection: rows of selectors as correlated subselects, and the text of JSON made of them.

Where a declaration loads a batch, it can be inlined as well: the same selector for one parent, within the statement
that reads the parent. So policies cannot differ. JSON is concatenated as text, which takes PostgreSQL half as long as
its JSON functions do.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import BigIntegerField, Field, Model, Q, QuerySet
from django.db.models.expressions import BaseExpression, RawSQL
from psycopg2.extensions import adapt

from courses.utils.json_sql import list_of
from courses.utils.rows import is_stand_in, row_of
from schema.dataloaders.paging import SQL_TYPES
from schema.dataloaders.statements import Kind, Selector, Window, stand_in_for

M = TypeVar("M", bound=Model)

HOLE = "\x01"
"""Stands in the text where only the ordinary way has an answer: a null that is not allowed, an attempt to be closed.

No JSON has the character: within strings it is escaped.
"""

HOLE_SQL = "chr(1)"

VIEWER_SQL = '(SELECT "id" FROM "viewer")'


class NotInlined(Exception):  # noqa: N818 - it is no failure: the selection is read by several statements
    """Something that a selection asks cannot be read within one statement."""


class NotInMemory(Exception):  # noqa: N818 - it is no failure: `load` reads it
    """Something that a process keeps in memory is not there now: `load` reads it, on a database thread."""

    def __init__(self, load: Callable[[], object]) -> None:
        super().__init__()
        self.load = load


class NoRows(Exception):  # noqa: N818 - it is no failure: a viewer of this kind sees none
    """A selector has no rows for the kind of viewer."""


@dataclass(frozen=True)
class Written:
    """SQL of a JSON value's text, NULL for none; `finish` makes the value of the JSON, where Python has to."""

    sql: str
    finish: Callable[[Any], Any] | None = None

    def as_list(self) -> Callable[[Any], Any] | None:
        """Return `finish` for a list of such values, or null."""
        finish = self.finish
        if finish is None:
            return None
        return lambda values: None if values is None else [finish(value) for value in values]


class Show(Protocol):
    """Selection beneath a field, as SQL over rows."""

    def object(self, rows: "Rows") -> Written:
        """Return the object of a row."""

    def page(self, rows: "Rows", request: Any, *, pending: str | None = None) -> Written:
        """Return the connection over the rows, of which none may be `pending`."""


class Inlining:
    """State that the parts of one statement share: the kind of viewer, the keys, and names that differ."""

    def __init__(self, kind: Kind, requests: Sequence[Hashable]) -> None:
        self.viewer = stand_in_for(kind)
        self.keys: list[tuple[str, int]] = []
        """Types of the keys in PostgreSQL, and their places among all values: those of `requests`, then root ones."""
        self._requests = requests
        self._root_places = count(sum(len(values_of(each)) for each in requests))
        self.takes_long = False
        """True where Python makes something of the rows that takes too long for the event loop."""
        self._numbers = count(1)

    def rows(self, selector: Selector, *conditions: Any, **lookups: Any) -> "Rows":
        """Return the rows of a selector that meet the conditions, to be selected from."""
        return Rows(self, selector(self.viewer).filter(*conditions, **lookups))

    def key(self, sql_type: str) -> RawSQL:
        """Return a value of a root field that the statement is given when it is run, in the order of these calls."""
        return self._key(sql_type, next(self._root_places))

    def keyed(self, request: Any) -> Any:
        """Return the request of a page with values that are given when the statement is run. Raises NotInlined."""
        if request not in self._requests:
            raise NotInlined("a request that was not foreseen")
        before = self._requests[: self._requests.index(request)]
        places = count(sum(len(values_of(each)) for each in before))
        return request.with_keys(lambda value: self._key(SQL_TYPES[type(value)], next(places)))

    def _key(self, sql_type: str, place: int) -> RawSQL:
        self.keys.append((sql_type, place))
        return RawSQL(f'(SELECT "key{len(self.keys)}" FROM "given")', ())  # noqa: S608, S611 - a number

    def name(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"


def values_of(request: Any) -> Sequence[Any]:
    """Return the values by which requests of one shape differ."""
    return getattr(request, "values", ())


def shape_of(requests: Sequence[Any]) -> Hashable:
    """Return what is the same of requests that the same statement reads: their shapes, and which of them are equal."""
    shapes = tuple(getattr(request, "shape", request) for request in requests)
    return shapes, tuple(map(requests.index, requests))


class Rows:
    """Rows of a queryset under a name, projected to what has been read of them by the time that they are selected."""

    def __init__(self, inlining: Inlining, rows: QuerySet[Any]) -> None:
        self.inlining = inlining
        self.model = rows.model
        self.name = inlining.name("t")
        self._rows = rows
        self._columns: dict[str, None] = {}

    def __contains__(self, name: str) -> bool:
        """Tell if there is a column or annotation of that name."""
        return name in self._rows.query.annotations or self._found(name) is not None

    def attribute(self, name: str) -> str:
        """Return the attribute of a model's instance that holds a column or annotation."""
        return name if name in self._rows.query.annotations else self._field(name).attname

    def column(self, name: str) -> str:
        """Return the SQL of a column or annotation, which is selected from now on."""
        selected = self.attribute(name)
        self._columns[selected] = None
        return f'"{self.name}"."{selected}"'

    def computed(self, expression: BaseExpression | Q) -> str:
        """Return the name of an expression over columns and annotations, which is an annotation from now on."""
        name = self.inlining.name("e")
        self._rows = self._rows.annotate(**{name: expression})
        return name

    def output_field(self, name: str) -> "Field[Any, Any]":
        """Return the type of a column's or annotation's values."""
        annotation: Any = self._rows.query.annotations.get(name)
        return annotation.output_field if annotation is not None else self._field(name)

    def may_be_null(self, name: str) -> bool:
        return name in self._rows.query.annotations or self._field(name).null

    def beneath(self, selector: Selector, by: str, key: str | None) -> "Rows":
        """Return the rows of a selector whose column `by` has the value of this row's column `key`."""
        assert key is not None, "rows are found by a column of their parent"
        parent = RawSQL(self.column(key), (), output_field=BigIntegerField())  # noqa: S611 - a column of ours
        return self.inlining.rows(selector, **{by: parent})

    def select(self, made: str, window: Window = lambda rows: rows, *, numbered: bool = False) -> str:
        """Return the query of `made` for each row; `numbered` ones have their "place" in the window.

        Raises NoRows where there cannot be any.
        """
        sql = sql_of(window(self._rows).values(*self._columns or ["pk"]))
        if numbered:
            sql = f'SELECT row_number() OVER () AS "place", "top".* FROM ({sql}) AS "top"'  # noqa: S608 - ours
        return f'SELECT {made} FROM ({sql}) AS "{self.name}"'  # noqa: S608 - made of fields and selectors

    def one(self, show: Show, *, pending: str | None = None) -> Written:
        """Return the object of the only row, NULL for none; a `pending` one is left to the ordinary way."""
        written = show.object(self)
        made = written.sql
        if pending:
            made = f"CASE WHEN {self.column(pending)} THEN {HOLE_SQL} ELSE {made} END"
        try:
            return Written(f"({self.select(made)})", written.finish)
        except NoRows:
            return Written("NULL")

    def list(self, show: Show, window: Window) -> Written:
        """Return the objects of all rows within the window."""
        written = show.object(self)
        try:
            return Written(f"({self.select(list_of(written.sql), window)})", written.as_list())
        except NoRows:
            return Written("'[]'")

    def arrays(self, values: str) -> str:
        """Return the query of a JSON array of an array of `values` for each row."""
        return self.select(f"coalesce(json_agg(json_build_array({values})), '[]')")

    def count(self, narrowed: Window = lambda rows: rows) -> str:
        """Return the query of the number of rows. Raises NoRows."""
        rows = narrowed(self._rows).order_by().values("pk")
        return f'SELECT count(*) FROM ({sql_of(rows)}) AS "counted"'  # noqa: S608 - a selector's

    def _field(self, name: str) -> "Field[Any, Any]":
        found = self._found(name)
        if found is None:
            raise NotInlined(f"{self.model.__name__}.{name} is no column")
        return found

    def _found(self, name: str) -> "Field[Any, Any] | None":
        fields: list[Field[Any, Any]] = self.model._meta.concrete_fields
        return next(
            (f for f in fields if name in (f.name, f.attname, "pk" if f.primary_key else f.name)), None
        )


class GivenRow(Rows):
    """An object that Python has, as the row to which others belong: its attributes are keys of the statement."""

    def __init__(self, inlining: Inlining) -> None:
        self.inlining = inlining
        self.attributes: dict[str, str] = {}
        """SQL of the attributes that are read, in the order of the statement's keys."""

    def column(self, name: str) -> str:
        """Return the SQL of an attribute, a primary key."""
        if name not in self.attributes:
            self.attributes[name] = self.inlining.key("bigint").sql
        return self.attributes[name]


@dataclass(frozen=True)
class Instances(Generic[M]):
    """Instances of a model, made of JSON arrays of their `attributes`; `readers` make of some what Django would."""

    model: type[M]
    attributes: tuple[str, ...]
    readers: tuple[tuple[str, Callable[[Any], Any]], ...]

    def of(self, values: Sequence[Any]) -> M:
        """Return the instance of an array; further values are left alone."""
        attributes = dict(zip(self.attributes, values, strict=False))
        for name, read in self.readers:
            if (value := attributes[name]) is not None:
                attributes[name] = read(value)
        return row_of(self.model, attributes)


class RawColumns:
    """Columns of rows for Python: a JSON array for each row, and the model's instances made of them."""

    def __init__(self, rows: Rows, names: Iterable[str]) -> None:
        raw = {name: _raw(rows, name) for name in ["pk", *sorted({*names} - {"pk"})]}
        self.values = ", ".join(sql for sql, _ in raw.values())
        """SQL of the values, with commas between."""
        attributes = tuple(map(rows.attribute, raw))
        readers = tuple((rows.attribute(name), read) for name, (_, read) in raw.items() if read)
        self.instances: Instances[Any] = Instances(rows.model, attributes, readers)

    @property
    def sql(self) -> str:
        """SQL of the array's text."""
        return f"json_build_array({self.values})::text"


def _raw(rows: Rows, name: str) -> tuple[str, Callable[[Any], Any] | None]:
    """Return the SQL of a column for JSON, and the function that makes the value of it that Django would."""
    sql, field = rows.column(name), rows.output_field(name)
    if isinstance(field, models.DecimalField):
        return f"{sql}::text", Decimal
    if isinstance(field, models.DateTimeField):
        return sql, datetime.fromisoformat
    if isinstance(field, _READ_DIFFERENTLY):
        raise NotInlined(f"a column of {type(field).__name__}")
    return sql, None


_READ_DIFFERENTLY = (
    models.DateField,
    models.DurationField,
    models.FloatField,
    models.BinaryField,
    models.UUIDField,
)
"""Fields whose values JSON has in another form, or not exactly."""


@dataclass(frozen=True)
class Parts:
    """Rows that belong to a row, as SQL of JSON's text; `make(row, parts)` makes the value of them."""

    sql: str
    make: Callable[[Any, Any], Any]


def sql_of(rows: QuerySet[Any]) -> str:
    """Return the SQL of a queryset with its values in it; the viewer is named. Raises NoRows."""
    try:
        sql, values = rows.query.sql_with_params()
    except EmptyResultSet:
        raise NoRows from None
    written: str = sql % tuple(_literal(value) for value in values)
    return written


def _literal(value: Any) -> str:
    if is_stand_in(value):
        return VIEWER_SQL
    if isinstance(value, str):  # psycopg2 doubles backslashes until the process has opened a session
        return "'" + value.replace("'", "''") + "'"
    adapted = adapt(value)
    if hasattr(adapted, "encoding"):
        adapted.encoding = "utf8"
    quoted: bytes = adapted.getquoted()
    return quoted.decode()


def never_null(text: str) -> str:
    return f"coalesce({text}, {HOLE_SQL})"
