"""A query as one statement: every field that is asked as SQL that makes the text of the answer's JSON.

A column of a type whose JSON PostgreSQL writes as we do is its text. Whatever else is computed of a row by Python is
read raw and finished afterwards, by the functions that also serve the rows of several statements (see compiling.py).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Any, cast

import orjson
from django.db import connection, models
from graphql import (
    FieldNode,
    GraphQLError,
    get_named_type,
    is_enum_type,
    is_interface_type,
)

from courses.models import User
from courses.policies.freshness import may_be_late
from courses.utils.json_sql import list_of, null_or, object_of, quoted, value_of
from courses.utils.prepared import VARYING, Prepared
from courses.utils.sql import global_id
from schema.core.compiling import Compiler, Root, nullable
from schema.core.fields import Column, DeclaredField, SameRow
from schema.core.ids import IdField, type_name_of
from schema.core.upstream import definition_behind
from schema.dataloaders.base import Made
from schema.dataloaders.inlining import (
    HOLE,
    HOLE_SQL,
    GivenRow,
    Inlining,
    NoRows,
    NotInlined,
    NotInMemory,
    RawColumns,
    Rows,
    Written,
    never_null,
    values_of,
)
from schema.dataloaders.paging import PageRequest
from schema.dataloaders.plans import NOTHING, UNKNOWN, Columns, Plan, joined
from schema.dataloaders.sources import Source
from schema.dataloaders.statements import Kind, Viewer
from schema.execution.replicas import PROOF


@dataclass(frozen=True)
class InlinedRead:
    """Query as SQL of the text of its `data`, over "viewer" and the "given" keys; `finish` is for what Python makes.

    `keys` are their types, `places` where they stand among the values of requests and root fields. One that
    `takes_long` to finish is work for a database thread.
    """

    sql: str
    keys: Sequence[str]
    places: Sequence[int]
    finish: Callable[[Any], Any] | None
    takes_long: bool
    statements: dict[Any, Prepared] = field(default_factory=dict, compare=False)
    """Statements that the query is a part of, by what else they do."""
    reads: tuple[Source | Plan, ...] = field(default=(), compare=False)
    """Source of its first root field, and the plans beneath all of them."""

    def names(self) -> list[str]:
        """Return the names of the declarations and the selector that it reads by."""
        return list(dict.fromkeys(chain.from_iterable(each.names() for each in self.reads)))

    @property
    def given(self) -> str:
        """Columns of "given" for the keys, each after a comma."""
        return _given(self.keys)

    def read(self, viewer: Viewer, keys: Sequence[Any], text: str | None = None) -> bytes | None:
        """Return the JSON of `data` for a viewer who is known, of the `text` if there is one already.

        Work for a database thread.
        """
        if text is None:
            with connection.cursor() as cursor:
                self.for_viewer.execute(cursor, [viewer and viewer.pk, *keys])
                [text] = cursor.fetchone()
        try:
            return self.data(text)
        except NotInMemory as missing:
            missing.load()
            return self.data_or_none(text)

    @cached_property
    def for_viewer(self) -> Prepared:
        """Statement that is given the viewer's key and the query's keys."""
        return _for_viewer(self.sql, self.keys)

    @cached_property
    def for_replica(self) -> Prepared:
        """The same for a replica. A person whom it does not know yet gets no text."""
        people = User._meta.db_table
        is_known = f'SELECT "id" IS NULL OR "id" IN (SELECT id FROM {people}) FROM "viewer"'  # noqa: S608
        text = f"CASE WHEN pg_is_in_recovery() AND ({is_known}) THEN {self.sql} END"
        return _for_viewer(f"{PROOF}, {text}", self.keys)

    @cached_property
    def may_be_late(self) -> bool:
        """True for a query that a replica may answer."""
        return may_be_late(self.sql)

    def data_or_none(self, text: str | None) -> bytes | None:
        """Return the JSON of `data` once what was not in memory was loaded; None, also where it is gone from there."""
        try:
            return self.data(text)
        except NotInMemory:
            return None

    def data(self, text: str | None) -> bytes | None:
        """Return the JSON of the query's `data`, or None where the ordinary way has to answer.

        Raises NotInMemory, whose `load` has to run before this is called again.
        """
        if text is None or HOLE in text:
            return None
        if self.finish is None:
            return text.encode()
        try:
            return orjson.dumps(self.finish(orjson.loads(text)))
        except NotInMemory:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the ordinary way runs into it as well, and tells it
            return None


@dataclass(frozen=True)
class PayloadRead:
    """Reading of a mutation's payload: members that it has, and others whose SQL is one statement, in their order."""

    names: Sequence[str]
    plain: Mapping[str, Callable[[Any], Any]]
    read: Mapping[str, Written]
    attributes: Sequence[str]
    """Attributes of the payload that are keys of the statement."""
    values: Sequence[Any]
    """Values of the requests beneath it, which are keys before them."""
    places: Sequence[int]
    """Places of the statement's keys among all of these."""
    statement: Prepared

    def given(self, viewer: Viewer, payload: Any) -> list[Any] | None:
        """Return the values of the statement for a payload; None where there is nothing to read."""
        keys = [getattr(payload, attribute) for attribute in self.attributes]
        if all(key is None for key in keys):
            return None
        values = [*self.values, *keys]
        return [viewer and viewer.pk, *(values[place] for place in self.places)]

    def data(self, name: str, payload: Any, texts: Sequence[str | None]) -> bytes | None:
        """Return the JSON of `data`, whose only member is `name`; None where the ordinary way has to answer.

        `texts` are what the statement has read.
        """
        if any(text is None or HOLE in text for text in texts):
            return None
        read = {
            member: orjson.Fragment(text) if written.finish is None else written.finish(orjson.loads(text))
            for (member, written), text in zip(self.read.items(), cast("Sequence[str]", texts), strict=True)
        }
        shown = {
            member: read[member] if member in read else self.plain[member](payload) for member in self.names
        }
        return orjson.dumps({name: shown})


def inlined_payload(compiler: Compiler, root: Root, kind: Kind) -> PayloadRead:
    """Inline what is asked of a payload. Raises NotInlined."""
    plan = root.plan_for(None)
    if any(step.declaration is None and step.then.loads for step in plan.steps):
        raise NotInlined("rows of plain objects")
    requests = list(plan.requests)
    values = [value for request in requests for value in values_of(request)]
    return _Show(compiler, root.definition.type, root.nodes).payload(
        GivenRow(Inlining(kind, requests)), values
    )


def _for_viewer(sql: str, keys: Sequence[str]) -> Prepared:
    statement = f"""
        WITH "viewer" AS MATERIALIZED (SELECT %s::bigint AS "id"),
            "given" AS MATERIALIZED (SELECT 1 AS "row"{_given(keys)})
        SELECT {sql}
    """
    return Prepared(statement, [VARYING] * (1 + len(keys)))


def _given(keys: Sequence[str]) -> str:
    return "".join(f', %s::{sql_type} AS "key{n}"' for n, sql_type in enumerate(keys, start=1))


def inlined(
    compiler: Compiler,
    roots: Mapping[str, Root],
    sources: Mapping[str, Source],
    requests: Sequence[Hashable],
    kind: Kind,
) -> InlinedRead:
    """Inline a query whose root fields have these sources, and whose plans these requests. Raises NotInlined."""
    inlining, members = Inlining(kind, requests), _Members()
    for name, root in roots.items():
        source = sources[name]
        show = _Show(compiler, root.definition.type, root.nodes, source.type_name)
        written = source.inline(inlining, show)
        members.add(name, replace(written, sql=show.or_null(written.sql)))
    written = members.written()
    _refuse_parameters(written.sql)
    keys = [sql_type for sql_type, _ in inlining.keys]
    places = [place for _, place in inlining.keys]
    return InlinedRead(written.sql, keys, places, written.finish, inlining.takes_long)


def _refuse_parameters(sql: str) -> None:
    if "%" in sql:
        raise NotInlined("a percent sign, which marks parameters")


class _Members:
    """Members of a JSON object."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._finishes: dict[str, Callable[[Any], Any]] = {}

    def add(self, name: str, written: Written) -> None:
        """Add a member whose value is written, and perhaps finished."""
        self._texts[name] = written.sql
        if written.finish:
            self._finishes[name] = written.finish

    @property
    def members(self) -> dict[str, Written]:
        """The members, each by itself."""
        return {name: Written(text, self._finishes.get(name)) for name, text in self._texts.items()}

    def written(self) -> Written:
        """Return the object; its members are finished in place."""
        finishes = self._finishes

        def finish(object_: Any) -> Any:
            if object_ is not None:
                for name, finish_member in finishes.items():
                    object_[name] = finish_member(object_[name])
            return object_

        return Written(object_of(self._texts), finish if finishes else None)


class _Show:
    """Selection beneath the nodes of one field, as SQL."""

    def __init__(
        self, compiler: Compiler, type_: Any, nodes: Sequence[FieldNode], type_name: str | None = None
    ) -> None:
        self._compiler = compiler
        _, self._is_nullable = nullable(type_)
        self._type: Any = get_named_type(type_)
        if is_interface_type(self._type):
            self._type = compiler.schema.get_type(type_name or "")
        if self._type is None:
            raise NotInlined("a type that is not known")
        self._nodes = nodes

    def or_null(self, text: str) -> str:
        """Return the text of the value, where SQL's NULL is GraphQL's or is not allowed."""
        return null_or(text) if self._is_nullable else never_null(text)

    def object(self, rows: Rows) -> Written:
        """Return the object of a row."""
        object_ = _Object(rows)
        for name, nodes in self._fields(self._type, self._nodes).items():
            self._add(object_, name, nodes)
        return object_.written()

    def page(self, rows: Rows, request: PageRequest, *, pending: str | None = None) -> Written:
        """Return the connection over the rows, of which none may be `pending`."""
        page, members = _Page(rows, request), _Members()
        for name, nodes in self._fields(self._type, self._nodes).items():
            members.add(name, self._typename(self._type, nodes) or self._of_page(page, nodes))
        written = members.written()
        made = written.sql
        if pending:
            made = f"CASE WHEN bool_or({rows.column(pending)}) THEN {HOLE_SQL} ELSE {made} END"
        return replace(written, sql=page.select(made))

    def payload(self, given: GivenRow, values: Sequence[Any]) -> PayloadRead:
        """Return the reading of a payload: its declared fields as SQL, and whatever it has already.

        `values` are those of the requests beneath it.
        """
        object_ = _Object(given)
        fields = self._fields(self._type, self._nodes)
        plain = {}
        for name, nodes in fields.items():
            definition = self._type.fields.get(nodes[0].name.value)  # there is none of __typename
            field = definition and definition_behind(definition)
            if not isinstance(field, DeclaredField):
                plain[name] = self._compiler.field(self._type, nodes)
            elif isinstance(field.declaration, Made):
                raise NotInlined("a value that is made of the payload itself")
            else:
                self._add_declared(object_, name, field, nodes)
        members = object_.members
        if not members:
            raise NotInlined("a payload that has everything already")
        sql = ", ".join(written.sql for written in members.values())
        _refuse_parameters(sql)
        keys = given.inlining.keys
        statement = _for_viewer(sql, [sql_type for sql_type, _ in keys])
        places = [place for _, place in keys]
        return PayloadRead(list(fields), plain, members, list(given.attributes), values, places, statement)

    def _of_page(self, page: "_Page", nodes: list[FieldNode]) -> Written:
        """Return a field of a connection."""
        type_ = self._type.fields[nodes[0].name.value].type
        match nodes[0].name.value:
            case "edges":
                edge = self._edge(page, get_named_type(type_), nodes)
                return Written(page.listed(edge.sql), edge.as_list())
            case "pageInfo":
                return self._page_info(page, get_named_type(type_), nodes)
            case _:
                return Written(f"({page.total()})::text")

    def _edge(self, page: "_Page", type_: Any, nodes: Sequence[FieldNode]) -> Written:
        members = _Members()
        for name, of_name in self._fields(type_, nodes).items():
            if typename := self._typename(type_, of_name):
                members.add(name, typename)
            elif of_name[0].name.value == "cursor":
                members.add(name, Written(quoted(page.cursor())))
            else:
                members.add(name, _Show(self._compiler, type_.fields["node"].type, of_name).object(page.rows))
        return members.written()

    def _page_info(self, page: "_Page", type_: Any, nodes: Sequence[FieldNode]) -> Written:
        known = {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": page.start_cursor,
            "endCursor": page.end_cursor,
        }
        members = _Members()
        for name, of_name in self._fields(type_, nodes).items():
            text = self._typename(type_, of_name) or Written(known[of_name[0].name.value]())
            members.add(name, text)
        return members.written()

    def _fields(self, type_: Any, nodes: Sequence[FieldNode]) -> dict[str, list[FieldNode]]:
        selections = [node.selection_set for node in nodes if node.selection_set]
        return self._compiler.selection.fields(type_, selections)

    def _typename(self, type_: Any, nodes: Sequence[FieldNode]) -> Written | None:
        """Return `__typename`, None for another field."""
        return Written(f"'\"{type_.name}\"'") if nodes[0].name.value == "__typename" else None

    def _add(self, object_: "_Object", name: str, nodes: list[FieldNode]) -> None:
        """Add a field to the object of a row."""
        if typename := self._typename(self._type, nodes):
            object_.add(name, typename)
            return
        definition = self._type.fields[nodes[0].name.value]
        field, rows = definition_behind(definition), object_.rows
        if isinstance(field, DeclaredField):
            self._add_declared(object_, name, field, nodes)
        elif isinstance(field, SameRow):
            object_.add(name, _Show(self._compiler, definition.type, nodes).object(rows))
        elif isinstance(field, Column):
            text = _text(field, definition.type, rows)
            if text is None:
                object_.add_computed(name, field.columns, self._compiler.field(self._type, nodes))
            else:
                object_.add(name, Written(text))
        else:
            raise NotInlined(f"{self._type.name}.{nodes[0].name.value}")

    def _add_declared(
        self, object_: "_Object", name: str, field: DeclaredField, nodes: list[FieldNode]
    ) -> None:
        definition = self._type.fields[nodes[0].name.value]
        if not field.is_open_to(self._compiler.operation.context):
            raise NotInlined("a scope that is missing")
        declaration = field.declaration
        if isinstance(declaration, Made):
            has_fields = nodes[0].selection_set is not None
            then = self._compiler.selection.plan_beneath(definition.type, nodes) if has_fields else NOTHING
            show, present = self._compiler.completed(definition.type, nodes), field.present

            def show_made(row: Any, value: Any) -> Any:
                return show(value if present is None else present(row, value))

            of_value = then if present is None else UNKNOWN
            object_.add_made(name, declaration, of_value, field.columns_of_parent(then), show_made)
            return
        if field.present is not None and field.shown_if is None:
            raise NotInlined(str(declaration))
        try:
            request = field.request_of(definition, nodes[0], self._compiler.operation)
        except GraphQLError:
            raise NotInlined("arguments that are refused") from None
        shown = _Show(self._compiler, definition.type, nodes)
        written = declaration.inline(object_.rows, request, shown)
        text = shown.or_null(written.sql)
        if field.shown_if:
            text = f"CASE WHEN {object_.rows.column(field.shown_if)} THEN {text} ELSE 'null' END"
        object_.add(name, replace(written, sql=text))


_ROW = "0"
"""Member of an object that has the columns of its row, for Python: no field's name begins with a digit."""


class _Object(_Members):
    """Members of a row's object, and what Python makes of columns of the row and of rows that belong to it."""

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self.rows = rows
        self._columns: set[str] = set()
        self._computed: list[tuple[str, Callable[[Any], Any]]] = []
        self._made: dict[Made, tuple[str, list[Plan], list[tuple[str, Callable[[Any, Any], Any]]]]] = {}

    def add_computed(self, name: str, columns: Columns, show: Callable[[Any], Any]) -> None:
        """Add a member that is computed of columns of the row."""
        self._read(columns)
        self._texts[name] = "'null'"
        self._computed.append((name, show))

    def add_made(
        self, name: str, made: Made, then: Plan, columns: Columns, show: Callable[[Any, Any], Any]
    ) -> None:
        """Add a member that shows what is made of rows that belong to the row, with the plan of that."""
        self._read(columns)
        self._texts[name] = "'null'"
        _, plans, fields = self._made.setdefault(made, (str(len(self._made) + 1), [], []))
        plans.append(then)
        fields.append((name, show))

    def written(self) -> Written:
        """Return the object."""
        if not (self._computed or self._made):
            return super().written()
        columns = RawColumns(self.rows, sorted(self._columns))
        self._texts[_ROW] = columns.sql
        parts = []
        for made, (key, plans, fields) in self._made.items():
            part = made.parts(self.rows, joined(plans))
            self._texts[key] = part.sql
            parts.append((key, part.make, fields))
        written = super().written()
        finish_members = written.finish

        def finish(object_: Any) -> Any:
            if object_ is None:
                return None
            instance = columns.instances.of(object_.pop(_ROW))
            for name, show in self._computed:
                object_[name] = show(instance)
            for key, make, fields in parts:
                value = make(instance, object_.pop(key))
                for name, show_made in fields:
                    object_[name] = show_made(instance, value)
            return object_ if finish_members is None else finish_members(object_)

        return replace(written, finish=finish)

    def _read(self, columns: Columns) -> None:
        if columns is None:
            raise NotInlined(f"all columns of {self.rows.model.__name__}")
        self._columns |= columns


def _text(field: Column, type_: Any, rows: Rows) -> str | None:
    """Return the text of a field's JSON, or None where PostgreSQL would write it differently."""
    published, is_nullable = nullable(type_)
    if isinstance(field, IdField):
        return quoted(global_id(type_name_of(rows.model), rows.column("pk")))
    if field.in_sql is not None:
        name = rows.computed(field.in_sql)
    elif field.computed_from is None:
        name = field.django_name or field.python_name
    else:
        return None
    if name not in rows:
        return None
    text = _text_of(rows.column(name), rows.output_field(name), published)
    if text is None or not (is_nullable or rows.may_be_null(name)):
        return text
    return null_or(text) if is_nullable else never_null(text)


_SCALARS: Mapping[str, tuple[type, tuple[type[Any], ...]]] = {
    "String": (str, (models.CharField, models.TextField)),
    "Int": (int, (models.IntegerField, models.AutoField)),
    "BigInt": (int, (models.IntegerField, models.AutoField)),
    "Boolean": (bool, (models.BooleanField,)),
    "Decimal": (Decimal, (models.DecimalField,)),
    "DateTime": (datetime, (models.DateTimeField,)),
}
"""Scalars that PostgreSQL writes as we do: the type of their values, and the fields that hold these."""


def _text_of(sql: str, field: Any, published: Any) -> str | None:
    """Return the text of the JSON that a scalar or enum publishes for the values of a column, NULL for NULL."""
    if is_enum_type(published):
        return _enum_text(sql, field, published)
    kind, fields = _SCALARS.get(getattr(published, "name", ""), (None, ()))
    return value_of(sql, kind) if kind is not None and isinstance(field, fields) else None


def _enum_text(sql: str, field: Any, published: Any) -> str | None:
    choices = [value for value, _ in field.flatchoices if value]
    if not choices:
        return None
    try:
        names = {value: published.coerce_output_value(value) for value in choices}
    except GraphQLError:
        return None
    cases = " ".join(f"WHEN '{value}' THEN '\"{name}\"'" for value, name in names.items())
    return f"CASE {sql} {cases} END"


class _Page:
    """SQL of the parts of a page over rows and one more, by which has-next is known."""

    def __init__(self, rows: Rows, request: PageRequest) -> None:
        self.rows = rows
        self._request = request
        self._place = f'"{rows.name}"."place"'
        self._asks_for_more = False

    def listed(self, made: str) -> str:
        """Return the array of `made` for the rows of the page."""
        order = f" ORDER BY {self._place} DESC" if self._request.backwards else ""
        return list_of(made, filtered=self._within, order=order)

    def total(self) -> str:
        return self.rows.count(self._request.narrow)

    def cursor(self) -> str:
        """Return a row's cursor: what schema.core.connections.encode_cursor writes."""
        values = " || ',' || ".join(
            value_of(self.rows.column(term.column), term.kind) for term in self._request.order
        )
        encoded = f"encode(convert_to('[' || {values} || ']', 'UTF8'), 'base64')"
        return f"translate({encoded}, '+/' || chr(10), '-_')"

    def has_next(self) -> str:
        return f"'{_json(self._request.before is not None)}'" if self._request.backwards else self._has_more()

    def has_previous(self) -> str:
        return self._has_more() if self._request.backwards else f"'{_json(self._request.after is not None)}'"

    def start_cursor(self) -> str:
        return self._cursor_at("DESC" if self._request.backwards else "ASC")

    def end_cursor(self) -> str:
        return self._cursor_at("ASC" if self._request.backwards else "DESC")

    def select(self, made: str) -> str:
        """Return the query of the page."""
        request = self._request
        window = request if self._asks_for_more else (lambda rows: request(rows)[: request.size])
        try:
            return f"({self.rows.select(made, window, numbered=True)} HAVING TRUE)"  # one page, however little is asked
        except NoRows:
            raise NotInlined("a page that never has rows") from None

    @property
    def _within(self) -> str:
        return f" FILTER (WHERE {self._place} <= {self._request.size})"

    def _has_more(self) -> str:
        self._asks_for_more = True
        return f"(count(*) > {self._request.size})::text"

    def _cursor_at(self, direction: str) -> str:
        first = f"(array_agg({self.cursor()} ORDER BY {self._place} {direction}){self._within})[1]"
        return null_or(quoted(first))


def _json(value: bool) -> str:
    return "true" if value else "false"
