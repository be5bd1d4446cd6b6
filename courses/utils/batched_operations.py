"""Operations of migrations in batches, for which the state of the models is rendered once.

Django renders every model that is related to a changed one again after each operation: in a database that begins
empty, most of the time of `migrate` goes there. Operations of one kind need no state between them.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.db.migrations import operations as kinds
from django.db.migrations.operations.base import Operation

_KINDS: dict[type[Operation], str] = {
    kinds.CreateModel: "tables",
    kinds.AddField: "new columns",
    kinds.AlterField: "changed columns",
    kinds.AddIndex: "indexes and constraints",
    kinds.RemoveIndex: "indexes and constraints",
    kinds.AddConstraint: "indexes and constraints",
    kinds.RemoveConstraint: "indexes and constraints",
}


class Batch(Operation):
    """Carries out operations that need no state between them."""

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.operations], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        vars(state).pop("apps", None)  # Django renders the models again when they are asked for
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)


def batched(operations: Iterable[Operation]) -> list[Operation]:
    """Return the operations in their order, with a batch for each run of one kind; the others stay by themselves.

    No column may be changed twice within a run.
    """
    steps: list[Operation] = []
    for kind, run in groupby(operations, key=_kind):
        found = list(run)
        steps += [Batch(found)] if kind and len(found) > 1 else found
    return steps


def _kind(operation: Operation) -> str:
    return next((name for kind, name in _KINDS.items() if isinstance(operation, kind)), "")
