"""PgBouncer in a process of its own, where it is installed."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.demo_server import free_port
from tests.schema.execution.conftest import wait_until

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


class PgBouncer:
    """PgBouncer in transaction mode on loopback. Use it as a context: it answers inside, and keeps its port when it is
    started again.
    """

    def __init__(self, databases: str, *, owner: int, sessions: int = 20) -> None:
        self.port = free_port()
        self._databases, self._owner, self._sessions = databases, owner, sessions
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "PgBouncer":
        self._directory = tempfile.TemporaryDirectory()
        self._configuration = Path(self._directory.name, "pgbouncer.ini")
        self._configuration.write_text(
            f"[databases]\n{self._databases}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
            f"unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {self._sessions}\n"
            "ignore_startup_parameters = options\n"
        )
        for path in (self._directory.name, self._configuration):
            os.chown(path, self._owner, -1)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._directory.cleanup()

    def start(self) -> None:
        """Start, and return once it answers."""
        assert PGBOUNCER
        self._process = subprocess.Popen([PGBOUNCER, "-q", self._configuration], user=self._owner)
        wait_until(self._answers)

    def kill(self) -> None:
        """End it with everything that passes through it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0
