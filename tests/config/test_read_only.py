"""`serve` with everything given by settings: it writes nothing, and its data directory may be read-only."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.kept_secrets import new_signing_key
from schema.graphiql.installation import third_party_files
from tests.config.deployments import environment, manage, respecting_modes
from tests.faults.cluster import Cluster

pytestmark = pytest.mark.slow

SECRET = "a secret of the deployment, and none that was kept anywhere before"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "data"
    directory.mkdir()
    directory.chmod(0o555)
    yield directory
    assert list(directory.iterdir()) == []


@contextmanager
def serving(data: Path, workers: int, **variables: str) -> Iterator[list[dict[str, Any]]]:
    """`serve` on any free port, and the lines of its log up to the one that says where it listens."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", "0", "--workers", str(workers)],
        cwd=settings.BASE_DIR,
        env=environment(data, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=respecting_modes(),
    )
    assert process.stdout is not None
    try:
        lines: list[dict[str, Any]] = []
        while not lines or lines[-1]["message"] != "listening":
            lines.append(json.loads(process.stdout.readline()))
        yield lines
    finally:
        process.terminate()
        process.communicate(timeout=60)


def status_of(port: int, path: str) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept": "text/html"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("workers", [1, 2])
def test_it_serves_from_a_directory_that_it_cannot_write(
    cluster: Cluster, read_only: Path, tmp_path: Path, workers: int
) -> None:
    graphiql = tmp_path / "graphiql"
    for file in third_party_files(graphiql).values():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a stand-in")

    with serving(
        read_only,
        workers,
        DATABASE_URL=cluster.url,
        COURSES_SECRET_KEY=SECRET,
        COURSES_SIGNING_KEY=new_signing_key(),
        COURSES_GRAPHIQL_DIR=str(graphiql),
    ) as [line]:
        assert (line["level"], line["host"], line["workers"]) == ("info", "127.0.0.1", workers)
        paths = ("/readyz", "/.well-known/jwks.json", "/accounts/login/", "/graphql/")
        assert [status_of(line["port"], path) for path in paths] == [200, 200, 200, 200]


def test_graphiql_that_is_missing_is_told_and_not_downloaded(cluster: Cluster, read_only: Path) -> None:
    with serving(
        read_only,
        1,
        DATABASE_URL=cluster.url,
        COURSES_SECRET_KEY=SECRET,
        COURSES_SIGNING_KEY=new_signing_key(),
    ) as lines:
        assert [(line["level"], line["message"]) for line in lines] == [
            ("warning", f"GraphiQL is not in {read_only}/graphiql: `manage.py install_graphiql` brings it."),
            ("info", "listening"),
        ]
        assert status_of(lines[-1]["port"], "/graphql/") == 503


@pytest.mark.parametrize(
    ("given", "setting", "file"),
    [
        ({}, "COURSES_SECRET_KEY", "secret_key"),
        ({"COURSES_SECRET_KEY": SECRET}, "COURSES_SIGNING_KEY", "signing_key.pem"),
    ],
)
def test_a_secret_that_is_neither_given_nor_can_be_kept_is_named(
    cluster: Cluster, read_only: Path, given: dict[str, str], setting: str, file: str
) -> None:
    assert manage(read_only, "serve", "--port", "0", DATABASE_URL=cluster.url, **given) == (
        1,
        "",
        f"{setting}: none is set, and none can be kept in {read_only / file}: Permission denied.\n",
    )


def test_a_kept_signing_key_that_is_none_is_said_at_the_start(cluster: Cluster, tmp_path: Path) -> None:
    kept = tmp_path / "signing_key.pem"
    kept.write_text("none")

    assert manage(tmp_path, "serve", "--port", "0", DATABASE_URL=cluster.url) == (
        1,
        "",
        f"COURSES_SIGNING_KEY: none is set, and {kept} is no RSA private key in PEM, without a passphrase "
        "and of 2048 bits or more.\n",
    )
