"""compose.yaml, the unit for systemd, and what PostgreSQL and PgBouncer are told."""

import configparser
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from django.conf import settings
from psycopg2.extensions import parse_dsn

from config.kept_secrets import rsa_key
from tests.demo_server import free_port
from tests.docs.settings_read import read_from_environment
from tests.faults.cluster import Cluster
from tests.schema.execution.conftest import wait_until
from tests.schema.execution.test_read_sessions import PGBOUNCER

ROOT: Path = settings.BASE_DIR
SAMPLES = ROOT / "docs" / "operating"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
INSTALL = (SAMPLES / "install.md").read_text()
PASSWORD = "it's secret"
TIMEOUTS = """
    SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
           current_setting('client_connection_check_interval'), rolsuper
    FROM pg_roles WHERE rolname = current_user
"""


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined_and_its_image_is_pinned(name: str) -> None:
    service = SERVICES[name]
    built = service["build"] if isinstance(service.get("build"), dict) else {}
    images = re.findall(r"^FROM (\S+)", built.get("dockerfile_inline", ""), re.MULTILINE)
    images += [] if "build" in service else [service["image"]]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [
        image for image in images if not re.fullmatch(r"[a-z]+:(\d+\.\d+.*|16-.*|bookworm-slim)", image)
    ] == []


def test_nothing_but_the_proxy_can_be_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert {name for name, service in SERVICES.items() if "front" in service["networks"]} == {
        "proxy",
        "server",
    }
    assert COMPOSE["networks"]["back"] == {"internal": True}
    [network] = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert SERVICES["server"]["environment"]["COURSES_TRUSTED_PROXIES"] == network["subnet"]


def test_the_proxy_stays_when_the_server_is_started_anew_and_volumes_have_one_name_everywhere() -> None:
    assert "depends_on" not in SERVICES["proxy"]
    assert COMPOSE["name"] == "courses"


def test_every_variable_that_is_set_is_a_setting_and_no_secret_stands_in_the_file() -> None:
    known = set(read_from_environment())
    for name in ("server", "migrate"):
        variables = SERVICES[name]["environment"]
        assert set(variables) - known == set()
        for secret in ("COURSES_SECRET_KEY", "COURSES_SIGNING_KEY"):
            assert variables[secret] == f"${{{secret}:?}}"


def test_only_what_shares_sessions_goes_through_the_pooler() -> None:
    server, migrate = SERVICES["server"]["environment"], SERVICES["migrate"]["environment"]

    assert "@pgbouncer:6432/courses?DISABLE_SERVER_SIDE_CURSORS=true" in server["DATABASE_URL"]
    assert "@db:5432/courses" in server["COURSES_LISTEN_URL"]
    assert "@db:5432/courses" in migrate["DATABASE_URL"]


def test_every_file_that_is_mounted_is_there() -> None:
    volumes = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert [path for path in volumes if path.startswith(".") and not (ROOT / path).is_file()] == []
    assert {path for path in volumes if not path.startswith(".")} == set(COMPOSE["volumes"])


def test_the_page_gives_every_value_that_compose_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?\}", (ROOT / "compose.yaml").read_text()))
    given = set(re.findall(r"^(\w+)=", INSTALL, re.MULTILINE))
    assert asked - given == set()


def test_the_pooler_has_as_many_sessions_as_the_workers_need() -> None:
    pooler = configparser.ConfigParser()
    pooler.read(SAMPLES / "pgbouncer.ini")
    workers = int((ROOT / "Dockerfile").read_text().split('"--workers", "')[1].partition('"')[0])
    threads = ("COURSES_DATABASE_THREADS", "COURSES_DJANGO_THREADS", "COURSES_READ_SESSIONS")
    defaults = read_from_environment()

    assert pooler.getint("pgbouncer", "default_pool_size") == workers * sum(
        defaults[name] for name in threads
    )
    assert pooler["pgbouncer"]["pool_mode"] == "transaction"
    assert pooler["pgbouncer"]["ignore_startup_parameters"] == "options"


def test_the_role_has_the_timeouts_that_the_server_would_set() -> None:
    stated = dict(re.findall(r"SET (\w+) = '(\d+)s'", (SAMPLES / "database.sql").read_text()))
    assert stated == {
        "statement_timeout": str(settings.STATEMENT_TIMEOUT_MS // 1000),
        "lock_timeout": str(settings.LOCK_TIMEOUT_MS // 1000),
        "client_connection_check_interval": "1",
    }


def test_what_the_server_writes_is_a_volume_or_in_memory() -> None:
    image = (ROOT / "Dockerfile").read_text()
    [exports] = re.findall(r"COURSES_EXPORTS_DIR=(\S+)", image)

    assert f"mkdir --mode=0700 {exports} && chown 10001:10001 {exports}" in image
    assert SERVICES["server"]["volumes"] == [f"exports:{exports}"]
    assert SERVICES["server"]["tmpfs"] == SERVICES["migrate"]["tmpfs"] == [tempfile.gettempdir()]


def test_a_container_may_finish_its_requests_and_has_enough_file_handles() -> None:
    server = SERVICES["server"]
    assert int(server["stop_grace_period"].removesuffix("s")) > settings.REQUEST_DEADLINE_SECONDS
    assert server["ulimits"]["nofile"] >= settings.MAX_CONNECTIONS + 100


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read(SAMPLES / "courses@.service")
    return parser


def test_the_unit_starts_two_workers_confined_with_enough_file_handles() -> None:
    service = unit()["Service"]

    assert service["ExecStart"] == "/srv/courses/%i/.venv/bin/python manage.py serve --port %i --workers 2"
    assert (service["StateDirectory"], service["StateDirectoryMode"]) == ("courses", "0700")
    assert "COURSES_EXPORTS_DIR=/var/lib/courses/exports\n" in INSTALL
    assert (service["User"], service["ProtectSystem"], service["NoNewPrivileges"]) == (
        "courses",
        "strict",
        "yes",
    )
    assert int(service["LimitNOFILE"]) >= settings.MAX_CONNECTIONS + 100
    assert int(service["TimeoutStopSec"]) > settings.REQUEST_DEADLINE_SECONDS


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="2026-11-28: systemd is not everywhere")
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    here = tmp_path / "courses@8000.service"
    text = (SAMPLES / "courses@.service").read_text()
    here.write_text(text.replace("/srv/courses/%i/.venv/bin/python", sys.executable))

    checked = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True)

    assert (checked.returncode, checked.stderr) == (0, "")


# ---------------------------------------------------------------- carried out here


def pasted(beginning: str) -> str:
    """The commands of the page from the one that begins so to the end of their block."""
    return INSTALL[INSTALL.index(f"\n{beginning}") + 1 :].partition("\n```")[0]


@pytest.mark.slow
def test_the_secrets_of_the_page_are_what_the_server_takes(tmp_path: Path) -> None:
    commands = [
        pasted("install -m 600 /dev/null"),
        pasted("mv .env").partition("\nsu ")[0].replace("/etc/", ""),
    ]
    show = "set -a; . ./courses.env; exec env --null"
    shown = subprocess.run(
        ["bash", "-euc", "\n".join([*commands, show])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    given = dict(line.partition("=")[::2] for line in shown.stdout.split("\0") if line)

    assert rsa_key(given["COURSES_SIGNING_KEY"])
    assert len(given["COURSES_SECRET_KEY"]) == 64
    assert given["DATABASE_URL"] == f"postgres://courses:{given['DATABASE_PASSWORD']}@127.0.0.1/courses"
    assert given["COURSES_TRUSTED_ORIGINS"] == given["COURSES_PUBLIC_URL"] == "https://courses.example"
    assert {name for name in given if name.startswith("COURSES_")} <= set(read_from_environment())
    assert (tmp_path / "courses.env").stat().st_mode & 0o077 == 0


@pytest.fixture(scope="module")
def prepared(cluster: Cluster) -> dict[str, str]:
    """Where PostgreSQL answers after database.sql."""
    prepare(cluster, PASSWORD)
    return parse_dsn(cluster.url)


def prepare(cluster: Cluster, password: str) -> None:
    subprocess.run(
        [cluster.programs / "psql", "--quiet", "--file", SAMPLES / "database.sql", cluster.url],
        env={"DATABASE_PASSWORD": password},
        check=True,
    )


@pytest.mark.slow
def test_the_role_is_no_superuser_and_has_the_timeouts(prepared: dict[str, str]) -> None:
    assert asked(TIMEOUTS, host=prepared["host"]) == ("5s", "2s", "1s", False)


@pytest.mark.slow
@pytest.mark.skipif(PGBOUNCER is None, reason="2026-11-27: PgBouncer is not everywhere (Debian: pgbouncer)")
def test_the_pooler_lets_the_role_in_and_its_sessions_have_the_timeouts(
    prepared: dict[str, str],
) -> None:
    with pooler(prepared["host"]) as port:
        sent = "-c statement_timeout=99000"

        assert asked(TIMEOUTS, host="127.0.0.1", port=port, options=sent) == ("5s", "2s", "1s", False)
        with pytest.raises(psycopg2.OperationalError):
            asked(TIMEOUTS, host="127.0.0.1", port=port, password="another")


@pytest.mark.slow
def test_another_time_it_changes_the_password_and_nothing_else(
    cluster: Cluster, prepared: dict[str, str]
) -> None:
    with closing(cluster.open()) as session, session.cursor() as cursor:
        digest = "SELECT rolpassword FROM pg_authid WHERE rolname = 'courses'"
        cursor.execute(digest)
        before = cursor.fetchone()
        prepare(cluster, "another")
        cursor.execute(digest)
        assert cursor.fetchone() != before
    prepare(cluster, PASSWORD)

    assert asked(TIMEOUTS, host=prepared["host"]) == ("5s", "2s", "1s", False)


def asked(statement: str, **where: Any) -> tuple[Any, ...]:
    """The one row that the role of the deployment gets."""
    session = psycopg2.connect(**{"user": "courses", "password": PASSWORD, "dbname": "courses"} | where)
    with closing(session), session.cursor() as cursor:
        cursor.execute(statement)
        [row] = cursor.fetchall()
        return tuple(row)


@contextmanager
def pooler(host: str) -> Iterator[int]:
    """PgBouncer with the sample, in front of the PostgreSQL whose socket is in `host`."""
    assert PGBOUNCER
    port = free_port()
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        sample = (SAMPLES / "pgbouncer.ini").read_text()
        for written, here in (
            ("host=db ", f"host={host} "),
            ("listen_addr = *", "listen_addr = 127.0.0.1"),
            ("listen_port = 6432", f"listen_port = {port}"),
            ("/etc/pgbouncer/userlist.txt", f"{directory}/userlist.txt"),
        ):
            assert written in sample, written
            sample = sample.replace(written, here)
        (directory / "pgbouncer.ini").write_text(sample)
        (directory / "userlist.txt").write_text(f'"courses" "{PASSWORD}"\n')
        owner = os.stat(host).st_uid
        for path in (directory, *directory.iterdir()):
            os.chown(path, owner, -1)
        with subprocess.Popen([PGBOUNCER, "-q", directory / "pgbouncer.ini"], user=owner) as process:
            try:
                wait_until(lambda: _answers(port))
                yield port
            finally:
                process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
