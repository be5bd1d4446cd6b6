"""Fixtures for tests of migrations."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.courses.migrations.databases import connect_to, execute


@pytest.fixture
def database_of_its_own(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """An empty database, which is gone after the test."""
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        execute(f'DROP DATABASE IF EXISTS "{name}_before"')
        execute(f'CREATE DATABASE "{name}_before"')
        connect_to(f"{name}_before")
        yield
        connect_to(name)
        execute(f'DROP DATABASE "{name}_before"')
        connection.close()
