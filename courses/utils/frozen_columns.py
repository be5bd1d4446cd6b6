"""Columns that are immutable once the row they belong to is closed, enforced by the database.

Services check the state under a lock before they write. A trigger is the last line behind them, for writes
that come another way: `update()`, plain SQL, a shell.
"""

from typing import Any

from courses.utils.triggers import TriggerConstraint

_CREATE = """
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM {parents} AS closed WHERE id = OLD.{reference} AND {flag}{unless}) THEN
        RAISE EXCEPTION 'What belongs to a row of {parents} cannot change any more'
            USING ERRCODE = 'check_violation', CONSTRAINT = '{trigger}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER {trigger} BEFORE UPDATE ON {rows} FOR EACH ROW
    WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION {trigger}();
"""


class FrozenColumns(TriggerConstraint):
    """Immutability of `columns` once `flag` is true in the row that the foreign key `reference` names.

    `unless` names a foreign key of that row and a column of its target: once that is set, they may change.
    """

    arguments = ("reference", "flag", "columns", "unless")

    def __init__(
        self,
        *,
        reference: str,
        flag: str,
        columns: tuple[str, ...],
        name: str,
        unless: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(name=name)
        self.reference = reference
        self.flag = flag
        self.columns = tuple(columns)
        self.unless = tuple(unless) if unless else None

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        reference = model._meta.get_field(self.reference)
        parent = reference.related_model
        frozen = [quote(model._meta.get_field(name).column) for name in self.columns]
        return _CREATE.format(
            trigger=self.name,
            rows=quote(model._meta.db_table),
            parents=quote(parent._meta.db_table),
            reference=quote(reference.column),
            flag=quote(parent._meta.get_field(self.flag).column),
            unless=self._unless_sql(parent, quote),
            old=", ".join(f"OLD.{column}" for column in frozen),
            new=", ".join(f"NEW.{column}" for column in frozen),
        )

    def _unless_sql(self, parent: Any, quote: Any) -> str:
        if self.unless is None:
            return ""
        reference, column = parent._meta.get_field(self.unless[0]), self.unless[1]
        return (
            f" AND NOT EXISTS (SELECT FROM {quote(reference.related_model._meta.db_table)} AS whose "
            f"WHERE whose.id = closed.{quote(reference.column)} AND whose.{quote(column)} IS NOT NULL)"
        )
