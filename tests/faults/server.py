"""`manage.py serve` in processes of its own, and their clients."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
from django.conf import settings

from tests.operations import operation

WORKERS = 2
CLIENTS = 8
READY_WITHIN_SECONDS = 120
STATEMENT_TIMEOUT_MS, LOCK_TIMEOUT_MS = 1_500, 500

PEOPLE = """
import json, django
django.setup()
from courses.constants import Scope
from courses.services.access_tokens import create_access_token
from schema.core import ids
from tests import factories
lesson = factories.make_lesson()
learner = factories.make_learner(lesson.course)
token = create_access_token(owner=learner, name="faults", scopes=Scope.values).secret
print(json.dumps({"token": token, "lesson": ids.encode("Lesson", lesson.pk), "slug": lesson.course.slug}))
"""


class Server:
    """The server on the database at `url`, with one learner who has a token."""

    def __init__(self, url: str, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.host, self.port = "127.0.0.1", port
        self.log = directory / "stdout"
        self._complaints = directory / "stderr"
        self._environment = os.environ | {
            "DATABASE_URL": url,
            "COURSES_DATA_DIR": str(directory),
            "COURSES_STATEMENT_TIMEOUT_MS": str(STATEMENT_TIMEOUT_MS),
            "COURSES_LOCK_TIMEOUT_MS": str(LOCK_TIMEOUT_MS),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(WORKERS)]
        with self.log.open("w") as log, self._complaints.open("w") as complaints:
            self._process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self._environment, stdout=log, stderr=complaints
            )
        self.wait_for("/readyz")
        people = subprocess.run(
            [sys.executable, "-c", PEOPLE],
            cwd=settings.BASE_DIR,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.people: dict[str, str] = json.loads(people.stdout)

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def client(self) -> httpx.Client:
        headers = {
            "Authorization": f"Bearer {self.people['token']}",
            "Accept": "application/graphql-response+json",
        }
        return httpx.Client(base_url=self.address, timeout=20, headers=headers)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests."""
        return [child for child in psutil.Process(self._process.pid).children() if _answers_requests(child)]

    def wait_for(self, path: str) -> None:
        """Return once `path` answers 200; fail after READY_WITHIN_SECONDS."""
        pause = threading.Event()
        for _ in range(READY_WITHIN_SECONDS * 5):
            assert self._process.poll() is None, self._complaints.read_text()
            try:
                if httpx.get(self.address + path, timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            pause.wait(0.2)
        raise AssertionError(f"{path} does not answer.\n{self._complaints.read_text()}")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=30)
        finally:
            self._process.kill()


def _answers_requests(process: psutil.Process) -> bool:
    """Whether it is a worker that lives: one that was killed has no command line any more."""
    try:
        return any("spawn_main" in part for part in process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


class Load:
    """Clients that write notes, each with a text of its own, and remember which the server said it has kept."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._stopped = threading.Event()
        self.kept: list[str] = []
        self.unknown: list[str] = []
        """Notes of requests that got no answer, or one that says nothing of the write: there or not."""
        self.refusals: list[httpx.Response] = []
        self.statuses: Counter[int] = Counter()
        self.answered = threading.Semaphore(0)
        """Released for each note that was kept."""
        self.refused = threading.Semaphore(0)
        """Released for each answer that is no 200."""

    def __enter__(self) -> "Load":
        self._pool = ThreadPoolExecutor(CLIENTS)
        self._clients = [self._pool.submit(self._write, number) for number in range(CLIENTS)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for client in self._clients:
            client.result()
        self._pool.shutdown()

    def wait_for_notes(self, count: int) -> None:
        """Return once `count` more notes were kept; fail when nothing happens for half a minute."""
        for _ in range(count):
            assert self.answered.acquire(timeout=30), (self.statuses, self.refusals[-1:])

    def _write(self, client_number: int) -> None:
        number = 0
        while not self._stopped.is_set():
            with self._server.client() as client:
                try:
                    while not self._stopped.is_set():
                        number += 1
                        self._write_one(client, f"{self._name} {client_number}.{number}")
                except httpx.TransportError:
                    self.unknown.append(f"{self._name} {client_number}.{number}")
                    self._stopped.wait(0.02)

    def _write_one(self, client: httpx.Client, text: str) -> None:
        response = create_note(client, self._server.people["lesson"], text)
        self.statuses[response.status_code] += 1
        if response.status_code == 200 and response.json()["data"]:
            self.kept.append(text)
            self.answered.release()
            return
        self.unknown.append(text)
        self.refusals.append(response)
        self.refused.release()
        self._stopped.wait(0.02)


def create_note(client: httpx.Client, lesson_id: str, text: str) -> httpx.Response:
    variables: Any = {"input": {"lessonId": lesson_id, "content": text}}
    body = {"query": operation("create_note"), "variables": variables}
    return client.post("/graphql/", json=body)
