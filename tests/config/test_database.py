"""The embedded PostgreSQL: kept, shared, and stopped by the last process that leaves."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2
import pytest
from django.conf import settings

from config import addresses, database
from tests.concurrency import at_once

pytestmark = pytest.mark.slow

PROGRAM = """
import signal, sys
from pathlib import Path

# Whoever runs the tests in the background, or by nohup, has these signals ignored, and processes inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

from django.conf import settings
from config.database import configuration

settings.configure(
    DATABASES={"default": configuration(None, Path(sys.argv[1]), {"statement_timeout": "5000"})}
)
from django.db import connection

with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS visit (who text)")
    cursor.execute("INSERT INTO visit VALUES (%s)", [sys.argv[2]])
    cursor.execute("SELECT count(*) FROM visit")
    print(cursor.fetchone()[0], flush=True)
    cursor.execute("SHOW statement_timeout")
    print(cursor.fetchone()[0], flush=True)
connection.close()
sys.stdin.readline()
"""


class Visitor:
    """A process that uses the server in a data directory until it is told to leave."""

    def __init__(self, directory: Path, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(directory), name],
            cwd=settings.BASE_DIR,
            env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._directory = directory

    def read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def leave(self) -> None:
        self._process.communicate("leave\n", timeout=60)
        assert self._process.returncode == 0

    def be_told_to_end(self, number: signal.Signals) -> int:
        self._process.send_signal(number)
        return self._process.wait(timeout=60)

    def die(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=60)


def _server_runs(directory: Path) -> bool:
    pid_file = directory / "postgresql" / "postmaster.pid"
    return pid_file.exists() and psutil.pid_exists(int(pid_file.read_text().split()[0]))


def test_processes_share_one_server_and_the_last_one_to_leave_stops_it(tmp_path: Path) -> None:
    first = Visitor(tmp_path, "first")
    assert first.read() == "1"
    second = Visitor(tmp_path, "second")
    assert second.read() == "2"
    first.leave()
    assert _server_runs(tmp_path)
    second.leave()
    assert not _server_runs(tmp_path)


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    for count in ("1", "2"):
        visitor = Visitor(tmp_path, "again")
        assert visitor.read() == count
        visitor.leave()
        assert not _server_runs(tmp_path)


def test_a_process_that_was_killed_does_not_keep_the_server_from_stopping(tmp_path: Path) -> None:
    killed = Visitor(tmp_path, "killed")
    assert killed.read() == "1"
    other = Visitor(tmp_path, "other")
    assert other.read() == "2"
    killed.die()
    other.leave()
    assert not _server_runs(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_process_that_is_told_to_end_leaves_like_any_other(tmp_path: Path, number: signal.Signals) -> None:
    visitor = Visitor(tmp_path, "told")
    assert visitor.read() == "1"

    assert visitor.be_told_to_end(number) in (128 + number, -number)

    assert not _server_runs(tmp_path)


def test_every_session_starts_with_the_statement_timeout(tmp_path: Path) -> None:
    visitor = Visitor(tmp_path, "timed")
    visitor.read()
    assert visitor.read() == "5s"
    visitor.leave()


def test_a_database_url_replaces_the_embedded_server(tmp_path: Path) -> None:
    named = addresses.postgresql("postgres://app:secret@db.example:6543/courses")
    entry = database.configuration(named, tmp_path, {"lock_timeout": "1"})
    assert (entry["HOST"], entry["PORT"], entry["NAME"], entry["USER"]) == (
        "db.example",
        6543,
        "courses",
        "app",
    )
    assert entry["OPTIONS"] == {"options": "-c lock_timeout=1"}
    assert list(tmp_path.iterdir()) == []


def test_threads_that_connect_at_once_start_one_server(tmp_path: Path) -> None:
    found: list[dict[str, str]] = []

    raised = at_once(lambda _: found.append(database.embedded_address(tmp_path)))

    assert raised == []
    assert len(found) > 1
    assert all(address is found[0] for address in found)


def test_psycopg_2_is_the_driver() -> None:
    assert psycopg2.__version__.startswith("2.")
