"""`manage.py serve` in processes of its own, which is killed, stopped and started again."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
from django.conf import settings

from tests.demo_server import READY_WITHIN_SECONDS, free_port
from tests.faults.world import Person
from tests.schema.execution.conftest import wait_until

WORKERS = 2
STATEMENT_TIMEOUT_MS, LOCK_TIMEOUT_MS = 1_500, 1_000
POINTS = 10_000_000
ENDS_WITHIN_SECONDS = 60


class Server:
    """The server on the database at `url`. It keeps its port, its secrets and its log when it is started again."""

    def __init__(self, url: str, directory: Path) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        self.log = directory / "stdout"
        self._complaints = directory / "stderr"
        self.environment = os.environ | {
            "DATABASE_URL": url,
            "COURSES_DATA_DIR": str(directory),
            "COURSES_STATEMENT_TIMEOUT_MS": str(STATEMENT_TIMEOUT_MS),
            "COURSES_LOCK_TIMEOUT_MS": str(LOCK_TIMEOUT_MS),
            "COURSES_RATE_LIMIT_POINTS": str(POINTS),
            "COURSES_WEBHOOKS_ALLOW_LOOPBACK": "on",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self._variables: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def serve(self, **variables: str) -> None:
        """Be there with these variables of the environment and no others: started again unless it is so already."""
        if self.process is not None and self.process.poll() is None:
            if variables == self._variables:
                return
            self.stop()
        self._variables = variables
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port), "--workers", str(WORKERS)]
        with self.log.open("a") as log, self._complaints.open("a") as complaints:
            self.process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=self.environment | variables,
                stdout=log,
                stderr=complaints,
            )
        self.wait_for("/readyz")

    def client(self, person: Person) -> httpx.Client:
        headers = {
            "Authorization": f"Bearer {person.token}",
            "Accept": "application/graphql-response+json",
        }
        return httpx.Client(base_url=self.address, timeout=20, headers=headers)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests."""
        assert self.process is not None
        return [child for child in psutil.Process(self.process.pid).children() if _answers_requests(child)]

    def wait_for(self, path: str) -> None:
        """Return once `path` answers 200; fail after READY_WITHIN_SECONDS."""

        def answers() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self._complaints.read_text()
            with suppress(httpx.TransportError):
                return httpx.get(self.address + path, timeout=5).status_code == 200
            return False

        wait_until(answers, seconds=READY_WITHIN_SECONDS)

    @property
    def logged(self) -> int:
        """Bytes that the log has."""
        return self.log.stat().st_size

    def lines(self, since: int = 0) -> list[dict[str, Any]]:
        """The log, line by line, since it has had so many bytes."""
        return [json.loads(line) for line in self.log.read_bytes()[since:].splitlines()]

    def stop(self) -> None:
        """Have it end as a supervisor does."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=ENDS_WITHIN_SECONDS)
        finally:
            self.process.kill()


def _answers_requests(process: psutil.Process) -> bool:
    """Whether it is a worker that lives: one that was killed has no command line any more."""
    try:
        return any("spawn_main" in part for part in process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False
