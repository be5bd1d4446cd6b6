"""A column that says how many rows refer to its row, kept true by the database itself.

Rows come and go in ways that call no `save()`: bulk inserts, cascades from a deleted person, plain SQL. A
trigger sees all of them.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import BaseConstraint

_CREATE = """
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM {parents} WHERE id IN (SELECT {reference} FROM changed) ORDER BY id FOR NO KEY UPDATE;
    UPDATE {parents} AS parent
        SET {column} = (SELECT count(*) FROM {rows} AS counted WHERE counted.{reference} = parent.id)
        WHERE parent.id IN (SELECT {reference} FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER {trigger}_added AFTER INSERT ON {rows}
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {trigger}();
CREATE TRIGGER {trigger}_removed AFTER DELETE ON {rows}
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {trigger}();
"""


class RowCount(BaseConstraint):
    """`column` of the row that the foreign key `reference` names always equals the number of these rows.

    The parents are locked before their rows are counted, in a statement of its own: the count then sees
    what whoever held the lock before has committed. A row never moves to another parent.
    """

    def __init__(self, *, reference: str, column: str, name: str) -> None:
        super().__init__(name=name)
        self.reference = reference
        self.column = column

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Nothing inside CREATE TABLE: the trigger follows once the tables are there."""
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        reference = model._meta.get_field(self.reference)
        return _CREATE.format(
            trigger=self.name,
            rows=quote(model._meta.db_table),
            parents=quote(reference.related_model._meta.db_table),
            reference=quote(reference.column),
            column=quote(self.column),
        )

    def remove_sql(self, *_: Any) -> str:
        return f"DROP FUNCTION {self.name}() CASCADE"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """No row can break it."""

    def _check(self, *_: Any) -> list[Any]:
        return []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowCount) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, arguments, keywords = super().deconstruct()
        return path, arguments, keywords | {"reference": self.reference, "column": self.column}
