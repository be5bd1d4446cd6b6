"""The story in README works as printed, against a server that was started as README says."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
READY_WITHIN_SECONDS = 120


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which README's lines reach a demonstration of their own."""
    data = tmp_path_factory.mktemp("demo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"COURSES_DATA_DIR": str(data), "URL": f"http://127.0.0.1:{port}/graphql/"}
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]
    with (data / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/readyz", server, data / "log")
            yield environment
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"The server was not ready in time.\n{log.read_text()}")


def test_the_story_with_curl_works_as_printed(demo: dict[str, str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    story = re.search(r"```bash\n(.*?)```", readme, re.DOTALL)
    assert story is not None
    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", story[1]], cwd=ROOT, env=demo, capture_output=True, text=True, check=True
    )
    answers = [json.loads(line)["data"] for line in told.stdout.splitlines() if line.strip()]
    viewer, course, submitted, completed, reviewed = answers
    assert viewer == {"viewer": {"user": {"displayName": "Mira Lindholt"}}}
    assert course["course"]["title"] == "Coffee: from Seed to Cup"
    assert course["course"]["reviewSummary"]["count"] == 10
    assert submitted["submitAnswers"] == {"attempt": {"revision": 1, "answeredCount": 1}, "userErrors": []}
    attempt = completed["completeAttempt"]["attempt"]
    assert completed["completeAttempt"]["userErrors"] == []
    assert attempt["state"] == "COMPLETED"
    assert re.fullmatch("[0-9a-f]{64}", attempt["receipt"]["digest"])
    assert reviewed["createReview"] == {"review": {"rating": 5, "isVerifiedPurchase": True}, "userErrors": []}
