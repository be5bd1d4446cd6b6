"""Processes of servers under test: start, stop, processor time and memory. Linux only (/proc)."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.benchmarks.contenders.base import Contender
from tests.benchmarks.deployment import Deployment

STARTING_SECONDS = 60
STOPPING_SECONDS = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A contender that answers at `port`."""

    contender: Contender
    deployment: Deployment
    port: int
    pid: int


@contextmanager
def served(contender: Contender, deployment: Deployment, port: int, **environment: str) -> Iterator[Server]:
    """Run the contender within the block. What it says goes to a file beside the database."""
    said = deployment.directory / f"port-{port}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            contender.command(port, deployment.dsn),
            env=deployment.environment | environment,
            start_new_session=True,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, port, said)
        yield Server(contender, deployment, port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_ready(port: int) -> None:
    """Until it answers requests: the port is taken first, and connections wait."""
    urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3 * STARTING_SECONDS).close()


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all that come from it, those that have ended included."""
    return sum(_cpu_of(each) for each in _family(pid))


def peak_memory_bytes(pid: int) -> int:
    """The sum of the highest resident memory of a process and of those that come from it."""
    return sum(_status(each, "VmHWM") for each in _family(pid))


def memory_bytes(pid: int) -> int:
    """Resident memory of a process and of those that come from it, now."""
    return sum(_status(each, "VmRSS") for each in _family(pid))


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, said: Path) -> None:
    for _ in range(STARTING_SECONDS * 10):
        if process.poll() is not None:
            raise RuntimeError(f"The server ended while it was starting:\n{said.read_text()[-3000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"The server did not answer within {STARTING_SECONDS} seconds.")


def _family(pid: int) -> list[int]:
    """The process and its descendants."""
    found = [pid]
    for each in found:
        for task in _tasks(each):
            try:
                children = (task / "children").read_text().split()
            except OSError:
                continue
            found.extend(int(child) for child in children)
    return found


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _cpu_of(pid: int) -> float:
    """Of all its threads, those that have ended included, and of children that it has seen end."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _status(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)
