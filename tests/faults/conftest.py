"""Fixtures: one ground for all faults of a process; each fault is repaired afterwards."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.faults.playing import Ground
from tests.schema.core.subscriptions.test_two_processes import database_url


@pytest.fixture(scope="session")
def migrated(django_db_setup: None) -> str | None:
    """Address of the test database, whose tables are copied instead of migrated; None for a server elsewhere."""
    return database_url() if settings.DATABASES["default"]["ENGINE"] == "config.embedded_postgresql" else None


@pytest.fixture(scope="session")
def ground(migrated: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("ground"), migrated=migrated) as ground:
        yield ground
