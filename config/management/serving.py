"""Serving, shared by `serve` and `demo`: bind the port, bring the database up to date, then serve requests."""

import os
import shutil
import signal
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections
from uvicorn.config import STARTUP_FAILURE

from config.management.listening import run, take_port
from courses.management.data_directory import add_data_directory_argument

APPLICATION = "config.asgi:application"
WORKER_ANSWERS_WITHIN_SECONDS = 30
"""Time in which a worker has to answer the supervisor, or is killed and replaced. On a busy machine one that is just
starting needs far more than the five seconds that uvicorn gives it, and would be killed again and again.
"""


def add_serving_arguments(parser: ArgumentParser) -> None:
    """Add the options that both commands share."""
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on; 0 is any free one")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--workers", type=int, default=1, help="how many processes answer requests")
    add_data_directory_argument(parser)


def prepare(*, host: str, port: int, workers: int) -> socket.socket:
    """Bind the port before anything is touched, then read the secrets and bring the database up to date.

    Raises CommandError for an impossible port or number of workers, ImproperlyConfigured for a secret.
    """
    if workers < 1:
        raise CommandError(f"--workers {workers}: at least 1 has to answer requests.")
    listening = take_port(host, port)
    for secret in (settings.SECRET_KEY, settings.IDP_OIDC_PRIVATE_KEY):
        str(secret)  # a wrong one is said now, and not to the first who signs in
    prepare_database()
    return listening


def prepare_database() -> None:
    """Migrate, and create the table of the cache. Idempotent."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def serve(listening: socket.socket, *, workers: int) -> None:
    """Serve requests until interrupted, and metrics where they are on.

    The session of the preparations is closed: requests have their threads'.

    Being terminated is how a server ends well. uvicorn raises the signal again once it has stopped; then the process
    goes on to its end like any other, and stops the embedded database.
    """
    connections.close_all()
    with _measured():
        _serve(listening, workers=workers)


@contextmanager
def _measured() -> Iterator[None]:
    """Publish metrics at their own address within the block, and delete their files after it.

    Raises CommandError for an address that is taken.
    """
    if not settings.METRICS:
        yield
        return
    from config import metrics  # its library writes files as soon as it is imported

    try:
        if settings.METRICS_ADDRESS:
            try:
                metrics.listen(*settings.METRICS_ADDRESS)
            except OSError as error:
                raise CommandError(f"COURSES_METRICS_ADDRESS: {error.strerror}.") from error
        yield
    finally:
        shutil.rmtree(metrics.DIRECTORY, ignore_errors=True)


def _serve(listening: socket.socket, *, workers: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE)
    config = uvicorn.Config(
        APPLICATION,
        workers=workers,
        http="config.connections:HttpProtocol",
        ws="config.connections:WebSocketProtocol",
        lifespan="on",
        log_config=None,  # its loggers have no handlers then, and what they say becomes lines of JSON like all else
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # schema/network/client_address.py decides whom to believe
        ws_max_size=settings.MAX_BODY_BYTES,
        timeout_graceful_shutdown=int(settings.REQUEST_DEADLINE_SECONDS),
        timeout_worker_healthcheck=WORKER_ANSWERS_WITHIN_SECONDS,
    )
    if not run(config, listening):
        sys.exit(STARTUP_FAILURE)
