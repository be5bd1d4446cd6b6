"""Fixtures with real threads: the database pool as it runs in production, and a whole server on a port."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
import uvicorn
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from strawberry import Schema

from config.asgi import Server, django_application
from config.background import Background
from config.connections import HttpProtocol, WebSocketProtocol
from schema.application import GraphQLApplication
from schema.execution import database_threads
from schema.execution.django_threads import DjangoThreads
from tests.schema.network.small_schema import schema

DATABASE_THREADS = 4
DJANGO_THREADS = 2


class LiveServer:
    """uvicorn in a thread, with the small schema or another, and Django's own pages."""

    def __init__(self, schema: Schema = schema) -> None:
        self.application = GraphQLApplication(schema)
        server = Server(
            self.application,
            DjangoThreads(django_application, threads=DJANGO_THREADS, waiting=1_000),
            Background(()),
        )
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                server,
                port=0,
                http=HttpProtocol,
                ws=WebSocketProtocol,
                log_config=None,
                log_level="warning",
                proxy_headers=False,
                lifespan="on",
                timeout_graceful_shutdown=10,
            )
        )
        self._thread = threading.Thread(target=self._uvicorn.run)

    def start(self) -> str:
        """Serve, and say at which address."""
        self._thread.start()
        wait_until(lambda: self._uvicorn.started)
        return self.address

    @property
    def address(self) -> str:
        port = self._uvicorn.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self.begin_to_stop()
        self._thread.join()

    def begin_to_stop(self) -> None:
        self._uvicorn.should_exit = True

    @property
    def connections(self) -> int:
        """How many connections it serves."""
        return len(self._uvicorn.server_state.connections)

    @property
    def waiting_for_a_reader(self) -> int:
        """How many clients do not read what they were sent."""
        open_connections: list[Any] = list(self._uvicorn.server_state.connections)
        return sum(not connection.transport._may_write for connection in open_connections)


def wait_until(condition: Callable[[], bool], *, seconds: int = 10) -> None:
    """Return as soon as `condition` holds; fail when it has not after so many seconds."""
    pause = threading.Event()
    for _ in range(seconds * 200):
        if condition():
            return
        pause.wait(0.005)
    pytest.fail("what was waited for did not happen")


def other_sessions() -> list[int]:
    """The process ids of every session of the test database but the test's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


@contextmanager
def connecting_with(**others: Any) -> Iterator[None]:
    """New sessions are opened with other parameters."""
    usual = DatabaseWrapper.get_connection_params

    def changed(self: DatabaseWrapper) -> dict[str, Any]:
        return usual(self) | others

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseWrapper, "get_connection_params", changed)
        yield


@pytest.fixture
def real_threads(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Database jobs run on the pool, which is new for the test and gone after it."""
    settings.DATABASE_THREADS = DATABASE_THREADS
    monkeypatch.setattr(database_threads, "use_callers_thread", False)
    yield
    database_threads.shut_down()


@pytest.fixture
def opened_sessions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The process id of every session that was opened since, in order."""
    connection.ensure_connection()  # the test's own, which does not count
    opened: list[int] = []
    open_session = DatabaseWrapper.get_new_connection

    def open_and_note(self: DatabaseWrapper, parameters: dict[str, Any]) -> Any:
        session = open_session(self, parameters)
        opened.append(session.info.backend_pid)
        return session

    monkeypatch.setattr(DatabaseWrapper, "get_new_connection", open_and_note)
    return opened


@pytest.fixture
def server(real_threads: None) -> Iterator[LiveServer]:
    """A live server, which takes its settings from the test."""
    server = LiveServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def address(server: LiveServer) -> str:
    """Where a live server answers."""
    return server.address


@pytest.fixture
def advisory_lock(real_threads: None) -> Iterator[psycopg2.extensions.connection]:
    """A session that holds advisory lock 7 until it is closed."""
    session = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    session.cursor().execute("SELECT pg_advisory_lock(7)")
    yield session
    session.close()


@pytest.fixture
def may_end(real_threads: None) -> Iterator[threading.Event]:
    """What jobs of a test wait for. It is set in the end in any case, or a failing test would hang."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def pooler() -> Iterator[dict[str, str]]:
    """Where PgBouncer answers, in transaction mode with three sessions for all of its clients."""
    from tests.pgbouncer import PgBouncer  # which waits by the function above

    reached = connection.get_connection_params()
    there = " ".join(
        f"{name}={reached[name]}" for name in ("host", "port", "user", "password") if name in reached
    )
    is_local = reached.get("host", "").startswith("/")
    owner = os.stat(reached["host"]).st_uid if is_local else os.geteuid() or 65534
    with PgBouncer(f"* = {there}", owner=owner, sessions=3) as pooler:
        yield {"host": "127.0.0.1", "port": str(pooler.port)}
