"""Triggers that invalidate statistics whenever rows that they are computed from change.

Rows come and go in ways that call no service: the admin, cascades from a deleted person, `update()`, plain
SQL. Triggers see all of them, and note the course or person in the transaction of the change.

The note is a row of StatisticsChange. Writers only insert there, so none waits for another one or a refresh.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q

from courses.utils.sql import in_sql
from courses.utils.triggers import TriggerConstraint, after_each_statement

_CHANGES = "courses_statisticschange"
"""Table of stale statistics, with one column for each kind of owner."""

_OWNER_COLUMNS = ("course_id", "user_id")

_NOTE = f"INSERT INTO {_CHANGES} ({', '.join(_OWNER_COLUMNS)})"

_OF_STATEMENTS = """
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        {note}
        WITH touched AS {differing}
        {owners};
    ELSE
        {note}
        WITH touched AS (SELECT {columns} FROM changed)
        {owners};
    END IF;
    RETURN NULL;
END $$;
"""

_OF_ROWS = """
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {unless_within}
    {note}
    WITH touched ({columns}) AS (VALUES ({old}), ({new}))
    {owners};
    RETURN NULL;
END $$;
CREATE TRIGGER {trigger}_added AFTER INSERT ON {rows}
    FOR EACH ROW WHEN ({new_counts}) EXECUTE FUNCTION {trigger}();
CREATE TRIGGER {trigger}_changed AFTER UPDATE ON {rows}
    FOR EACH ROW WHEN (({old_counts} OR {new_counts}) AND ({old_counts}, {old}) IS DISTINCT FROM ({new_counts}, {new}))
    EXECUTE FUNCTION {trigger}();
CREATE TRIGGER {trigger}_removed AFTER DELETE ON {rows}
    FOR EACH ROW WHEN ({old_counts}) EXECUTE FUNCTION {trigger}();
"""

_UNLESS_WITHIN = """
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM {parents} WHERE id = NEW.{reference} AND {flag};
    ELSE
        PERFORM FROM {parents} WHERE id IN (OLD.{reference}, NEW.{reference}) AND {flag};
    END IF;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
"""

_OF_OWNERS = """
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO {changes} ({owner}) VALUES (NEW.id);
    ELSE
        DELETE FROM {changes} WHERE {owner} = OLD.id;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER {trigger}_removed BEFORE DELETE ON {rows} FOR EACH ROW EXECUTE FUNCTION {trigger}();
"""

_ON_UPDATE_OF_OWNERS = """
CREATE TRIGGER {trigger}_changed AFTER UPDATE ON {rows}
    FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION {trigger}();
"""


class StatisticsInput(TriggerConstraint):
    """Invalidation of statistics when these rows are added or removed, or `columns` of them change.

    `owners` are the paths to the owners, such as "user" and "lesson__course"; each begins with one of the columns.
    The trigger runs once a statement, and notes each owner once however many rows the statement changes.
    """

    arguments: ClassVar[tuple[str, ...]] = ("owners", "columns")

    def __init__(self, *, owners: Sequence[str], columns: Sequence[str], name: str) -> None:
        super().__init__(name=name)
        self.owners = tuple(owners)
        self.columns = tuple(columns)

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        return after_each_statement(_OF_STATEMENTS, **self.sql_parts(model, schema_editor.quote_name))

    def sql_parts(self, model: Any, quote: Any) -> dict[str, str]:
        return {
            "trigger": self.name,
            "rows": quote(model._meta.db_table),
            "columns": ", ".join(self.quoted_columns(model, quote)),
            "note": _NOTE,
            "owners": " UNION ALL ".join(_owners_sql(model, path, quote) for path in self.owners),
        }

    def quoted_columns(self, model: Any, quote: Any) -> list[str]:
        return [quote(model._meta.get_field(name).column) for name in self.columns]


class StatisticsInputRow(StatisticsInput):
    """Row-level StatisticsInput, for tables with many writes that statistics ignore.

    Only rows for which `counts` holds count; where `within` names a foreign key
    and a flag, `("attempt", "is_completed")`, only those whose parent has the flag. A change of anything else
    costs a comparison.
    """

    arguments = (*StatisticsInput.arguments, "counts", "within")

    def __init__(
        self,
        *,
        owners: Sequence[str],
        columns: Sequence[str],
        counts: Q,
        name: str,
        within: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(owners=owners, columns=columns, name=name)
        self.counts = counts
        self.within = tuple(within) if within else None

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        columns = self.quoted_columns(model, quote)
        return _OF_ROWS.format(
            **self.sql_parts(model, quote),
            old=", ".join(f"OLD.{column}" for column in columns),
            new=", ".join(f"NEW.{column}" for column in columns),
            old_counts=in_sql(self.counts, OLD=model),
            new_counts=in_sql(self.counts, NEW=model),
            unless_within=self._unless_within(model, quote),
        )

    def _unless_within(self, model: Any, quote: Any) -> str:
        if self.within is None:
            return ""
        reference = model._meta.get_field(self.within[0])
        parent = reference.related_model
        return _UNLESS_WITHIN.format(
            parents=quote(parent._meta.db_table),
            reference=quote(reference.column),
            flag=quote(parent._meta.get_field(self.within[1]).column),
        )


class StatisticsOwner(TriggerConstraint):
    """Statistics owned by these rows. A change of `columns` makes them stale; deleting the row deletes its notes."""

    arguments = ("columns",)

    def __init__(self, *, name: str, columns: Sequence[str] = ()) -> None:
        super().__init__(name=name)
        self.columns = tuple(columns)

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        columns = [quote(model._meta.get_field(name).column) for name in self.columns]
        template = _OF_OWNERS + (_ON_UPDATE_OF_OWNERS if columns else "")
        return template.format(
            trigger=self.name,
            changes=_CHANGES,
            rows=quote(model._meta.db_table),
            owner=_owner_column(model),
            old=", ".join(f"OLD.{column}" for column in columns),
            new=", ".join(f"NEW.{column}" for column in columns),
        )


def _owner_column(owner: Any) -> str:
    return f"{owner._meta.model_name}_id"


def _owners_sql(model: Any, path: str, quote: Any) -> str:
    """Return SQL that reads the owners at the end of `path`, as far as they still exist, from the rows `touched`."""
    joins, row = [], "touched"
    for step, name in enumerate(path.split("__")):
        reference = model._meta.get_field(name)
        model, next_row = reference.related_model, f"step_{step}"
        joins.append(
            f"JOIN {quote(model._meta.db_table)} AS {next_row} ON {next_row}.id = {row}.{quote(reference.column)}"
        )
        row = next_row
    noted = [f"{row}.id" if column == _owner_column(model) else "NULL::bigint" for column in _OWNER_COLUMNS]
    return " ".join(["SELECT DISTINCT", ", ".join(noted), "FROM touched", *joins])
