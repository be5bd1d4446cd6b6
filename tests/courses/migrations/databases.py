"""Migrations to and fro, over a database of a test's own."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def connect_to(name: str) -> None:
    """Have the connection of this thread lead to another database."""
    connection.close()
    connection.settings_dict["NAME"] = name


def execute(statement: str) -> None:
    """Execute a statement, however long it takes."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(statement)


def migrated_to(targets: list[tuple[str, str]]) -> Any:
    """Migrate forwards or backwards, and return the models as they are then."""
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps
