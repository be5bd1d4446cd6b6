"""Separate database for measuring, filled with generated data, and PostgreSQL's statistics about it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from config import database

COURSES = 100
ATTEMPTS_OF_A_LEARNER = 10
BUCKET = 10**12
"""Points of a bucket that no load empties: every request is counted, and none is refused."""


@dataclass(frozen=True)
class Deployment:
    """An embedded PostgreSQL in `directory`, with `attempts` attempts in it."""

    directory: Path
    attempts: int
    dsn: str

    @property
    def environment(self) -> dict[str, str]:
        """What a server of ours, or a command, needs to use it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_URL")}
        return inherited | {
            "COURSES_DATA_DIR": str(self.directory),
            "COURSES_RATE_LIMIT": "on",
            "COURSES_RATE_LIMIT_POINTS": str(BUCKET),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "XDG_RUNTIME_DIR": str(self.directory),
            "GRAPHILE_ENV": "production",
            "NODE_ENV": "production",
        }

    @property
    def log(self) -> Path:
        return self.directory / "postgresql" / "log"

    def fetch(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement, in a session of its own; what it writes is committed."""
        with self.session() as cursor:
            cursor.execute(statement, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def session(self) -> Iterator[Any]:
        """A cursor of a session in which every statement commits by itself."""
        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        try:
            yield connection.cursor()
        finally:
            connection.close()


def prepare(directory: Path, attempts: int) -> Deployment:
    """Start the PostgreSQL in `directory`, and fill it if that was not done before."""
    directory.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(directory))
    address = database.embedded_address(directory)
    dsn = f"postgresql://{address['USER']}@/{database.EMBEDDED_DATABASE}?host={address['HOST']}"
    deployment = Deployment(directory, attempts, dsn)
    filled = directory / "filled"
    if not filled.exists():
        _run(deployment, "manage.py", "migrate", "--verbosity=0")
        _run(deployment, "manage.py", "createcachetable", "--verbosity=0")
        learners = max(1, attempts // ATTEMPTS_OF_A_LEARNER)
        said = _run(
            deployment,
            "-m",
            "tests.benchmarks.generate_load",
            f"--courses={COURSES}",
            f"--learners={learners}",
            f"--attempts={attempts}",
        )
        filled.write_text(said)
    return deployment


def _run(deployment: Deployment, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=deployment.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


_SIZES = """
SELECT relname, n_live_tup, pg_table_size(relid), pg_indexes_size(relid)
FROM pg_stat_user_tables WHERE relname LIKE 'courses_%%' ORDER BY pg_total_relation_size(relid) DESC LIMIT 6
"""


def sizes(deployment: Deployment) -> list[dict[str, Any]]:
    """The largest tables: rows, bytes of the table and of its indexes."""
    names = ("table", "rows", "table_bytes", "index_bytes")
    return [dict(zip(names, row, strict=True)) for row in deployment.fetch(_SIZES.replace("%%", "%"))]


_TOUCHED = """
SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del)::bigint
FROM pg_stat_user_tables WHERE relname LIKE 'courses\\_%'
"""


def rows_touched(deployment: Deployment) -> int:
    """Rows read, inserted, updated and deleted so far in tables of the domain, of sessions that have ended."""
    return int(deployment.fetch(_TOUCHED)[0][0])


def session_count(deployment: Deployment) -> int:
    """Sessions of clients, but for the one that asks."""
    return int(
        deployment.fetch(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )[0][0]
    )


def postmaster(deployment: Deployment) -> int:
    """The process of PostgreSQL that all others of it come from."""
    return int((deployment.directory / "postgresql" / "postmaster.pid").read_text().splitlines()[0])
