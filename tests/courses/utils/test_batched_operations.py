"""Batches of operations do in the database what the operations do one by one, forwards and backwards."""

from collections import Counter
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import AddConstraint, AddField, AddIndex, AlterField, CreateModel, Migration, RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.state import ProjectState

from courses.utils.batched_operations import Batch, batched

TABLES = ("shelves_book", "shelves_shelf")
OPERATIONS: list[Operation] = [
    CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), ("pages", models.IntegerField())]),
    CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
    AddField("book", "shelf", models.ForeignKey("shelves.Shelf", models.CASCADE)),
    AlterField("book", "pages", models.BigIntegerField(db_default=1)),
    AlterField("book", "shelf", models.ForeignKey("shelves.Shelf", models.CASCADE, null=True)),
    RunSQL("COMMENT ON TABLE shelves_book IS 'read'", RunSQL.noop),
    AddIndex("book", models.Index(fields=["pages"], name="book_pages")),
    AddConstraint("book", models.CheckConstraint(condition=models.Q(pages__gt=0), name="book_has_pages")),
]


def migration(operations: list[Operation]) -> Migration:
    kind = type("Migration", (Migration,), {"operations": operations})
    made: Migration = kind("0001_initial", "shelves")
    return made


def described() -> dict[str, Any]:
    """Columns, defaults, constraints and indexes of the tables that there are."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name in TABLES]
        return {
            name: (
                connection.introspection.get_table_description(cursor, name),
                connection.introspection.get_constraints(cursor, name),
            )
            for name in names
        }


def carried_out(made: Migration) -> dict[str, Any]:
    """What the migration makes of a database, taken back again."""
    with connection.schema_editor(atomic=False) as editor:
        made.apply(ProjectState(), editor)
    found = described()
    with connection.schema_editor(atomic=False) as editor:
        made.unapply(ProjectState(), editor)
    return found


def test_operations_of_one_kind_that_follow_each_other_make_a_batch() -> None:
    runs = [step.operations if isinstance(step, Batch) else step for step in batched(OPERATIONS)]

    assert runs == [OPERATIONS[:2], OPERATIONS[2], OPERATIONS[3:5], OPERATIONS[5], OPERATIONS[6:]]


@pytest.mark.django_db
def test_a_batch_does_what_its_operations_do_and_takes_it_back() -> None:
    one_by_one = carried_out(migration(OPERATIONS))
    assert described() == {}

    assert carried_out(migration(batched(OPERATIONS))) == one_by_one
    assert described() == {}
    assert {"book_pages", "book_has_pages"} <= set(one_by_one["shelves_book"][1])


def test_a_batch_has_the_models_rendered_once() -> None:
    state = ProjectState()
    OPERATIONS[0].state_forwards("shelves", state)
    assert state.apps.get_model("shelves.Book")

    Batch([OPERATIONS[1], *OPERATIONS[6:]]).state_forwards("shelves", state)

    assert "apps" not in vars(state)
    assert [index.name for index in state.apps.get_model("shelves.Book")._meta.indexes] == ["book_pages"]


def test_no_migration_changes_a_column_twice_in_a_batch() -> None:
    batches = [
        (name, step.operations)
        for name, found in MigrationLoader(None).disk_migrations.items()
        for step in found.operations
        if isinstance(step, Batch)
    ]
    columns = Counter(
        (number, name, operation.model_name_lower, operation.name_lower)
        for number, (name, operations) in enumerate(batches)
        for operation in operations
        if isinstance(operation, FieldOperation)
    )
    assert [column for column, times in columns.items() if times > 1] == []
    assert len(columns) > 150
