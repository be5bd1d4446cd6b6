"""A database that a deployment cannot use is told in one line, by whatever command meets it first."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import psycopg2
import pytest

from tests.config.deployments import manage
from tests.faults.cluster import Cluster

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL with the role `app`, who may do nothing in `faults` but owns `own` and `copy`, which only reads."""
    cluster = Cluster()
    cluster.rows("CREATE ROLE app LOGIN")
    cluster.rows("CREATE DATABASE own OWNER app")
    cluster.rows("CREATE DATABASE copy OWNER app")
    cluster.rows("ALTER DATABASE copy SET default_transaction_read_only = on")
    yield cluster
    cluster.close()


def url(cluster: Cluster, database: str, role: str = "app") -> str:
    [(directory,)] = cluster.rows("SHOW unix_socket_directories")
    return f"postgres://{role}@/{database}?{urlencode({'host': directory})}"


def test_a_server_that_nobody_reaches(tmp_path: Path) -> None:
    assert manage(tmp_path, "serve", "--port", "0", DATABASE_URL="postgres://app@127.0.0.1:1/courses") == (
        1,
        "",
        'DATABASE_URL: connection to server at "127.0.0.1", port 1 failed: Connection refused\n',
    )


@pytest.mark.parametrize(
    ("database", "role", "reason"),
    [
        ("nowhere", "app", 'failed: FATAL:  database "nowhere" does not exist'),
        ("own", "nobody", 'failed: FATAL:  role "nobody" does not exist'),
        (
            "faults",
            "app",
            "permission denied for schema public. Grant app that right, or migrate as a role that has it.",
        ),
        ("copy", "app", "cannot execute CREATE TABLE in a read-only transaction. Name the primary server."),
    ],
)
def test_a_database_that_cannot_be_brought_up_to_date(
    cluster: Cluster, tmp_path: Path, database: str, role: str, reason: str
) -> None:
    code, said, wrong = manage(tmp_path, "serve", "--port", "0", DATABASE_URL=url(cluster, database, role))

    assert (code, said, wrong.count("\n")) == (1, "", 1)
    assert wrong.startswith("DATABASE_URL: ")
    assert wrong.endswith(f"{reason}\n")


@pytest.mark.parametrize("command", [("create_access_token", "learner"), ("close_expired_attempts",)])
def test_a_database_that_is_not_migrated(cluster: Cluster, tmp_path: Path, command: tuple[str, ...]) -> None:
    assert manage(tmp_path, *command, DATABASE_URL=url(cluster, "own")) == (
        1,
        "",
        "DATABASE_URL: not every migration of this version is there. Run `manage.py migrate` first.\n",
    )
    with closing(psycopg2.connect(url(cluster, "own"))) as session, session.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [(0,)]


def test_an_embedded_database_that_has_no_place(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)

    assert manage(tmp_path, "create_access_token", "learner") == (
        1,
        "",
        f"DATABASE_URL: none is set, and no embedded database can run in {tmp_path}: Permission denied.\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_whoever_asks_for_the_traceback_gets_it(tmp_path: Path) -> None:
    address = "postgres://app@127.0.0.1:1/courses"

    code, _, wrong = manage(tmp_path, "migrate", "--traceback", DATABASE_URL=address)

    assert code == 1
    assert wrong.startswith("Traceback (most recent call last):\n")
