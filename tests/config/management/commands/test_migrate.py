"""`migrate` beside people who use the tables: it waits shortly, lets them pass, and tries again."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from config.management.commands import migrate

TRIES = 3


@pytest.fixture
def reader(transactional_db: None) -> Iterator[Any]:
    """A session that reads the table which the migration changes, until it is rolled back."""
    session = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    session.cursor().execute("SELECT FROM courses_attemptanswer LIMIT 1")
    yield session
    session.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, settings: Any, reader: Any) -> Iterator[list[float]]:
    """The pauses that were made; after the test the migration is taken back."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.faults.migrating"]
    pauses: list[float] = []
    monkeypatch.setattr(migrate, "SHORT_WAIT_MS", 20)
    monkeypatch.setattr(migrate, "TRIES", TRIES)
    monkeypatch.setattr(migrate.time, "sleep", pauses.append)
    yield pauses
    reader.rollback()
    call_command("migrate", "migrating", "zero", verbosity=0)


def is_migrated() -> bool:
    return any(app == "migrating" for app, _ in MigrationRecorder(connection).applied_migrations())


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def test_a_table_that_is_never_free_ends_it_after_so_many_tries(waits: list[float]) -> None:
    with pytest.raises(OperationalError, match="lock timeout"):
        call_command("migrate", "migrating", verbosity=0)

    assert waits == [migrate.PAUSE_SECONDS] * (TRIES - 1)
    assert not is_migrated()


def test_a_table_that_becomes_free_is_changed_and_the_session_waits_as_ever(
    waits: list[float], reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = lock_timeout()

    def end_reading(seconds: float) -> None:
        waits.append(seconds)
        reader.rollback()

    monkeypatch.setattr(migrate.time, "sleep", end_reading)

    call_command("migrate", "migrating", verbosity=0)

    assert waits == [migrate.PAUSE_SECONDS]
    assert is_migrated()
    assert lock_timeout() == usual


def test_one_that_is_no_transaction_is_not_begun_again(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = import_module("tests.faults.migrating.migrations.0001_column").Migration
    monkeypatch.setattr(migration, "atomic", False)

    with pytest.raises(OperationalError, match="lock timeout"):
        call_command("migrate", "migrating", verbosity=0)

    assert waits == []
    assert not is_migrated()
