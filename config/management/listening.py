"""Port of a server: bound before anything else happens, and logged once requests are served."""

import errno
import logging
import socket
from contextlib import suppress
from typing import Any

import uvicorn
from django.core.management.base import CommandError
from uvicorn.supervisors import Multiprocess

PORTS = range(65536)

logger = logging.getLogger(__name__)


def take_port(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, so that nobody else can; on any free port when `port` is 0.

    Raises CommandError when it cannot. Connections before the server is ready wait.
    """
    if port not in PORTS:
        raise CommandError(f"--port {port}: choose a port from 1 to 65535, or 0 for any that is free.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CommandError(_cannot_listen(host, port, error)) from error
    listening.set_inheritable(True)  # for the workers
    return listening


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"--port {port}: another program listens on {host}. Stop it, or choose another port."
        case errno.EACCES:
            return f"--port {port}: this user may not listen there. Choose a port above 1023."
        case _:
            return f"--host {host}: this machine has no such address."


def run(config: uvicorn.Config, listening: socket.socket) -> bool:
    """Serve requests until interrupted. Return whether the server ever started."""
    if config.workers > 1:
        _Workers(config, sockets=[listening]).run()
        return True
    server = _Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return server.started


def _announce(listening: socket.socket, workers: int) -> None:
    host, port = listening.getsockname()[:2]
    logger.info("listening", extra={"facts": {"host": host, "port": port, "workers": workers}})


class _Server(uvicorn.Server):
    """Single process, which logs its address."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            _announce(sockets[0], workers=1)


class _Workers(Multiprocess):
    """Several processes on one socket. The parent logs the address, when the first is ready."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_announced = False

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        if not self._is_announced and any(process.is_ready() for process in self.processes):
            self._is_announced = True
            _announce(self.sockets[0], workers=len(self.processes))

    def terminate_all(self) -> None:
        """Refuse connections before the workers are told: in the queue of an open socket they would only be reset."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()
