"""Serving, as `serve` and `demo` both do it: bring the database up to date, then run the ASGI application."""

import logging
import os
from argparse import ArgumentParser
from pathlib import Path

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from courses.management import graphiql_installation

APPLICATION = "config.asgi:application"
LONGEST_INSTALLATION_SECONDS = 30

logger = logging.getLogger(__name__)


def add_serving_arguments(parser: ArgumentParser) -> None:
    """The options that both commands share. manage.py reads --data-dir before there are settings."""
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--data-dir", type=Path, help="where the embedded database keeps its files")
    parser.add_argument("--workers", type=int, default=1, help="how many processes answer requests")


def prepare_database() -> None:
    """Migrate and make the table of the cache, which both do nothing when there is nothing new."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def prepare_graphiql() -> None:
    """Bring the files of the GraphiQL page when they are missing. Without them all the rest is served."""
    try:
        graphiql_installation.install(timeout_seconds=LONGEST_INSTALLATION_SECONDS)
    except graphiql_installation.InstallationFailed as failure:
        logger.warning("GraphiQL is not installed (%s). `manage.py install_graphiql` tries again.", failure)


def serve(*, host: str, port: int, workers: int) -> None:
    """Answer requests until interrupted. The session of the preparations ends: requests have those of their threads."""
    connections.close_all()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE)
    uvicorn.run(
        APPLICATION,
        host=host,
        port=port,
        workers=workers if workers > 1 else None,
        http="httptools",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # schema/core/client_address.py decides whom to believe
        ws_max_size=settings.MAX_BODY_BYTES,
        timeout_graceful_shutdown=int(settings.REQUEST_DEADLINE_SECONDS),
    )
