"""`manage.py serve` in a process of its own, with an embedded database."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.demo_server import READY_WITHIN_SECONDS, free_port
from tests.schema.execution.conftest import wait_until

PERSON = """
import django
django.setup()
from courses.constants import Scope
from courses.services.access_tokens import create_access_token
from tests import factories
print(create_access_token(owner=factories.make_user(), name="serving", scopes=Scope.values).secret)
"""


class ServeCommand:
    """`manage.py serve` with an embedded database in `directory`."""

    def __init__(self, directory: Path, *, workers: int, **variables: str) -> None:
        without = {"DATABASE_URL", "COURSES_DATA_DIR"}
        self._environment = {name: value for name, value in os.environ.items() if name not in without}
        self._environment |= {"COURSES_DATA_DIR": str(directory), "DJANGO_SETTINGS_MODULE": "config.settings"}
        self._environment |= variables
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._said = directory / "said"
        command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(workers)]
        with self._said.open("w") as said:
            self.process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self._environment, stdout=said, stderr=said
            )
        wait_until(self._is_ready, seconds=READY_WITHIN_SECONDS)

    def make_token(self) -> str:
        """The token of a new person."""
        return self.run("-c", PERSON).strip()

    def run(self, *arguments: str) -> str:
        """Output of Python that runs beside it, with the same database."""
        ended = subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout

    def lines(self) -> list[dict[str, Any]]:
        """What it wrote to standard output and to standard error, which is JSON in every line."""
        return [json.loads(line) for line in self._said.read_text().splitlines()]

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self._said.read_text()
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        return False


@pytest.fixture
def directory() -> Iterator[Path]:
    """Not below pytest's directories, which another run of pytest closes to the user that PostgreSQL runs as."""
    made = Path(tempfile.mkdtemp(prefix="serving-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)
