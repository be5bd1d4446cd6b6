"""Base of triggers that are declared among the constraints of a model, and so created by its migrations."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import BaseConstraint

_AFTER_EACH_STATEMENT = """
CREATE TRIGGER {trigger}_added AFTER INSERT ON {rows}
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {trigger}();
CREATE TRIGGER {trigger}_changed AFTER UPDATE ON {rows}
    REFERENCING OLD TABLE AS replaced NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {trigger}();
CREATE TRIGGER {trigger}_removed AFTER DELETE ON {rows}
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {trigger}();
"""
_DIFFERING = """(
    (SELECT id, {columns} FROM changed EXCEPT SELECT id, {columns} FROM replaced)
    UNION ALL (SELECT id, {columns} FROM replaced EXCEPT SELECT id, {columns} FROM changed)
)"""


def after_each_statement(function: str, **parts: str) -> str:
    """Return a `function` in SQL, and statement-level triggers on `rows` that call it.

    It finds the rows that were `changed` and, in an update, the ones that these `replaced`. `{differing}` stands
    for the rows whose `columns` an update has changed, as they were and as they are.
    """
    return (function + _AFTER_EACH_STATEMENT).format(differing=_DIFFERING.format(**parts), **parts)


class TriggerConstraint(BaseConstraint):
    """Rule about rows that the database enforces, by a function `name` and triggers that call it.

    `arguments` are the parameters of a subclass beside the name, each kept in an attribute of that name.
    """

    arguments: ClassVar[tuple[str, ...]] = ()

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        """Return SQL that creates the function and its triggers, once the tables are there."""
        raise NotImplementedError

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return nothing for CREATE TABLE: the triggers follow once the tables are there."""
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, *_: Any) -> str:
        return f"DROP FUNCTION {self.name}() CASCADE"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the database alone sees what an instance cannot know of."""

    def _check(self, *_: Any) -> list[Any]:
        return []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash(self.name)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, arguments, keywords = super().deconstruct()
        return path, arguments, keywords | {name: getattr(self, name) for name in self.arguments}
