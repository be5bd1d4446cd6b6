"""A demonstration server in a process of its own, started by the command that README names."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings

READY_WITHIN_SECONDS = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class DemoServer:
    """`manage.py demo` on the data in `directory`. Use it as a context: it is ready inside."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self._log = directory.parent / f"{directory.name}-{self.port}.log"

    def __enter__(self) -> "DemoServer":
        command = [
            sys.executable,
            "manage.py",
            "demo",
            "--data-dir",
            str(self.directory),
            "--port",
            str(self.port),
        ]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self.environment, stdout=log, stderr=log
            )
        try:
            self._wait_until_ready()
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=60)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def printed(self) -> str:
        return self._log.read_text()

    def token_of(self, username: str) -> str:
        """The token that was printed for one of the people."""
        found = re.search(rf"^{username} .* (cat_\S+)$", self.printed(), re.MULTILINE)
        assert found, self.printed()
        return found[1]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.printed()
            try:
                with urllib.request.urlopen(self.url("/readyz"), timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        raise AssertionError(f"The server was not ready in time.\n{self.printed()}")
