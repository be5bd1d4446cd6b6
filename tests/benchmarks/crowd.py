"""Many concurrent clients, and a soak: sessions and memory of our server."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.benchmarks import load, subjects
from tests.benchmarks.contenders.base import Request
from tests.benchmarks.contenders.ours import Ours
from tests.benchmarks.deployment import Deployment, session_count
from tests.benchmarks.load import Load
from tests.benchmarks.processes import memory_bytes, served
from tests.benchmarks.workloads import CONNECTIONS

CLIENTS = 1_000
CROWDED_SECONDS = 15
LOOK_EVERY = 1.0


def thousand_clients(deployment: Deployment, port: int) -> list[dict[str, Any]]:
    """The most PostgreSQL sessions while 1,000 clients ask for attempt pages, by one process and by two.

    Clients that are sent away with 503, because the queue is full, count as refused.
    """
    found = []
    for processes in (1, 2):
        with served(Ours(processes), deployment, port, COURSES_WAITING_REQUESTS=str(CLIENTS)) as server:
            requests = [Ours().attempt_page(each) for each in subjects.choose(deployment).open_attempts]
            most, came = most_sessions(
                deployment, port, requests, connections=CLIENTS, seconds=CROWDED_SECONDS
            )
            memory = memory_bytes(server.pid)
        found.append({"processes": processes, "sessions": most, "answered": came.requests, "memory": memory})
    return found


def most_sessions(
    deployment: Deployment, port: int, requests: Sequence[Request], *, connections: int, seconds: float
) -> tuple[int, Load]:
    """The most PostgreSQL sessions while the requests are sent, and what came of those."""
    most = 0
    with ThreadPoolExecutor(1) as thread:
        crowd = thread.submit(load.bombard, port, requests, connections=connections, seconds=seconds)
        while not crowd.done():
            most = max(most, session_count(deployment))
            time.sleep(LOOK_EVERY)
        return most, crowd.result()


def soak(deployment: Deployment, port: int, *, minutes: float) -> dict[str, Any]:
    """Resident memory over the time that attempt pages and catalogues are asked for without a pause."""
    ours = Ours()
    pages = [ours.attempt_page(each) for each in subjects.choose(deployment).open_attempts]
    seen: list[int] = []
    with served(ours, deployment, port) as server, ThreadPoolExecutor(1) as thread:
        soaking = thread.submit(
            load.bombard, port, [*pages, ours.catalogue()], connections=CONNECTIONS, seconds=minutes * 60
        )
        while not soaking.done():
            time.sleep(LOOK_EVERY)
            seen.append(memory_bytes(server.pid))
        answered = soaking.result().requests
    tenth = max(1, len(seen) // 10)
    return {
        "minutes": minutes,
        "answered": answered,
        "memory_after_a_tenth": seen[tenth - 1],
        "memory_at_the_end": seen[-1],
        "memory_peak": max(seen),
    }
