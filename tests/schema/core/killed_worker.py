"""A worker that dies before its effect is remembered: `python -m tests.schema.core.killed_worker DATABASE`.

Each line of its input is a call of a mutation with a key. A process forked for it carries it out, says which session of
PostgreSQL it has once the service has done its work, and waits to be killed.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from tests.schema.execution.conftest import wait_until

_IS_THERE = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)"


class Worker:
    """The program at work, as the tests see it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def is_killed_in(self, document: str, viewer: int, given: dict[str, Any]) -> None:
        """Have a mutation carried out, and kill who does it; return when PostgreSQL knows, too."""
        assert self._process.stdin is not None
        print(json.dumps([document, viewer, given]), file=self._process.stdin, flush=True)
        process, session = self._numbers()
        os.kill(process, signal.SIGKILL)
        assert self._numbers() == [process, -signal.SIGKILL]
        wait_until(lambda: not _is_there(session))

    def _numbers(self) -> list[int]:
        assert self._process.stdout is not None
        return [int(number) for number in self._process.stdout.readline().split()]


def started(*arguments: str) -> subprocess.Popen[str]:
    """Another process of Python with the settings of the deployment, to be talked to by its input and output."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def killed_worker() -> Iterator[Worker]:
    """The program on the database of the tests."""
    process = started("-m", __name__, connection.settings_dict["NAME"])
    try:
        yield Worker(process)
    finally:
        process.communicate(timeout=60)


def _is_there(session: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_THERE, [session])
        [is_there] = cursor.fetchone()
    return bool(is_there)


def main(database: str) -> None:
    import django

    django.setup()
    connection.settings_dict["NAME"] = database
    from courses.models import User
    from courses.services import idempotency
    from schema.execution import database_threads
    from tests.schema.core.test_idempotency import ask

    def wait_to_be_killed(*_arguments: Any) -> None:
        print(os.getpid(), connection.connection.info.backend_pid, flush=True)
        signal.pause()

    database_threads.use_callers_thread = True
    idempotency._remember = wait_to_be_killed  # type: ignore[assignment]
    for line in sys.stdin:
        document, viewer, given = json.loads(line)
        child = os.fork()
        if not child:
            asked = ask(document, User(pk=viewer), given, key=None)
            sys.exit(f"It was not stopped: {asked.answered}")
        _, status = os.waitpid(child, 0)
        print(child, os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
