"""Backup and restore by the commands of the page, word by word, and what is true of the new database."""

import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from tests.faults.cluster import Cluster
from tests.schema.core.subscriptions.test_two_processes import database_url
from tests.shipping.test_samples import INSTALL, PASSWORD, ROOT, pasted, prepare

pytestmark = [pytest.mark.slow, pytest.mark.django_db]  # whose tables are copied

NOT_HERE = ("systemctl", "courses-manage", "curl")
MADE = """
    INSERT INTO courses_event (id, type, occurred_at, subject_id, course_id)
    SELECT id, 'course.changed', now(), 1, 1 FROM generate_series(1, 3) AS id;
    INSERT INTO courses_pendingevent (type, occurred_at, subject_id, course_id)
    SELECT 'course.changed', now(), 1, 1 FROM generate_series(1, 2);
"""
MIGRATIONS = "SELECT count(*), max(id) FROM django_migrations"


def rows(host: str, database: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows for the superuser, of the last of the statements."""
    session = psycopg2.connect(host=host, user="postgres", dbname=database)
    session.autocommit = True
    with closing(session), session.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def host(cluster: Cluster, django_db_setup: None) -> str:
    """Where PostgreSQL answers, with a database `courses` in use."""
    prepare(cluster, PASSWORD)
    cluster.copy_tables(database_url(), "courses")
    host: str = parse_dsn(cluster.url)["host"]
    rows(host, "courses", MADE)
    return host


@pytest.fixture
def shell(cluster: Cluster, host: str, tmp_path: Path) -> dict[str, str]:
    """Environment in which `su` is for the superuser of PostgreSQL, and what needs systemd or a server does nothing."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in NOT_HERE:
        (programs / name).write_text("#!/bin/sh\n")
    (programs / "su").write_text('#!/bin/sh\ntest "$1 $2" = "postgres -c" && exec sh -c "$3"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    (tmp_path / "courses.env").write_text("DATABASE_PASSWORD=secret\nSITE_HOST=courses.example\n")
    path = f"{programs}:{cluster.programs}:{os.environ['PATH']}"
    return {"PATH": path, "PGHOST": host, "PGUSER": "postgres", "LC_ALL": "C"}


def carry_out(commands: str, shell: dict[str, str], directory: Path) -> None:
    for written, here in (
        ("/var/backups/courses", str(directory)),
        ("/etc/courses.env", f"{directory}/courses.env"),
        ("/srv/courses/current &&", f"{ROOT} &&"),
    ):
        commands = commands.replace(written, here)
    ended = subprocess.run(["bash", "-euc", commands], env=shell, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_backup_is_restored_into_a_new_database_that_gives_nothing_twice(
    host: str, shell: dict[str, str], tmp_path: Path
) -> None:
    [every_night] = [line for line in INSTALL.splitlines() if "pg_dump --format=custom --file" in line]
    carry_out(every_night.partition(" postgres ")[2].replace("\\%", "%"), shell, tmp_path)
    [dump] = tmp_path.glob("*.dump")
    dump.rename(tmp_path / "Mon.dump")
    before = rows(host, "courses", MIGRATIONS)
    rows(host, "courses", "DELETE FROM courses_event WHERE id > 1")

    carry_out(pasted("dump="), shell, tmp_path)

    assert rows(host, "courses", MIGRATIONS) == before
    assert rows(host, "courses", "SELECT id FROM courses_event ORDER BY id") == [
        (1_000_000_001,),
        (1_000_000_002,),
        (1_000_000_003,),
    ]
    assert rows(host, "courses", "SELECT nextval(pg_get_serial_sequence('courses_pendingevent', 'id'))") == [
        (1_000_003,)
    ]
    assert rows(host, "courses", "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == [
        ("courses",)
    ]
    assert rows(host, "courses_before", "SELECT id FROM courses_event") == [(1,)]
    [(settings,)] = rows(
        host,
        "courses",
        "SELECT setconfig FROM pg_db_role_setting JOIN pg_database ON oid = setdatabase WHERE datname = 'courses'",
    )
    assert "statement_timeout=5s" in settings
