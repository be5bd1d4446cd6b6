"""Load generators: wrk for single requests, and a client of ours where one request depends on the one before."""

import http.client
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.benchmarks.contenders.base import Request

_SCRIPT = Path(__file__).parent / "wrk.lua"
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True)
class Load:
    """What came of it: requests (or stories) that were answered, and their times in seconds."""

    requests: int
    seconds: float
    p50: float
    p99: float


def ask(port: int, request: Request) -> Any:
    """The answer to one request. Raises RuntimeError when it is not answered well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        return _ask(connection, request)
    finally:
        connection.close()


def bombard(
    port: int, requests: Sequence[Request], *, connections: int, seconds: float, timeout: float = 30
) -> Load:
    """Send the requests in turn, from that many connections, for that long."""
    lines = [f"{request.path}\t{request.token or ''}\t{request.encoded()}\n" for request in requests]
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.writelines(lines)
        file.flush()
        options = [f"-c{connections}", "-t1", f"-d{round(seconds)}s", f"--timeout={timeout:g}s"]
        command = ["wrk", *options, f"-s{_SCRIPT}", f"http://127.0.0.1:{port}", "--", file.name]
        said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 90)
    told = json.loads(said.stdout.strip().splitlines()[-1])
    if told["errors"] or told["refused"]:
        raise RuntimeError(f"{told['errors']} requests failed and {told['refused']} were refused.")
    return Load(told["requests"], told["microseconds"] / 1e6, told["p50"] / 1e6, told["p99"] / 1e6)


def tell_stories(
    port: int,
    story: Callable[[Callable[[Request], Any], Any], Any],
    heroes: Sequence[Any],
    *,
    tellers: int,
    seconds: float,
) -> Load:
    """Tell the story of one hero after the other until the time or the heroes are used up."""
    numbers = count()
    until = time.perf_counter() + seconds
    times: list[float] = []

    def tell() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.perf_counter() < until and (number := next(numbers)) < len(heroes):
            began = time.perf_counter()
            story(lambda request: _ask(connection, request), heroes[number])
            times.append(time.perf_counter() - began)
        connection.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(tellers) as threads:
        for told in [threads.submit(tell) for _ in range(tellers)]:
            told.result()
    lasted = time.perf_counter() - began
    return Load(len(times), lasted, statistics.median(times), sorted(times)[int(len(times) * 0.99)])


def _ask(connection: http.client.HTTPConnection, request: Request) -> Any:
    headers = _HEADERS | ({"Authorization": f"Bearer {request.token}"} if request.token else {})
    connection.request("POST", request.path, request.encoded(), headers)
    response = connection.getresponse()
    text = response.read()
    answer = json.loads(text) if response.status == 200 else None
    if answer is None or (isinstance(answer, dict) and (answer.get("errors") or _user_errors(answer))):
        raise RuntimeError(f"{response.status}: {text[:500]!r} to {request.encoded()[:500]}")
    return answer


def _user_errors(answer: dict[str, Any]) -> list[Any]:
    payloads = (answer.get("data") or {}).values()
    return [
        error for payload in payloads if isinstance(payload, dict) for error in payload.get("userErrors", [])
    ]
