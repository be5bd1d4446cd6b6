"""Metrics beside the load: what two processes of ours have counted, and what the load generator has.

    uv run python -m tests.benchmarks.counted --attempts 1000

Both count the same requests, but for those that wrk had sent and saw no answer of when its time was over: at most one
for each connection. /metrics is read all the while. Raises CountsDiffer where they disagree.
"""

import argparse
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from tests.benchmarks import subjects
from tests.benchmarks.contenders.ours import Ours
from tests.benchmarks.deployment import Deployment, prepare
from tests.benchmarks.processes import served, wait_until_ready
from tests.benchmarks.workloads import CONNECTIONS, WORKLOADS, Workload, run

PROCESSES = 2
REQUESTS_OF_A_STORY = 12


class CountsDiffer(Exception):  # noqa: N818 - says what is wrong
    """The server has counted something else than the load generator."""


def compare(deployment: Deployment, port: int, *, seconds: float = 2) -> list[dict[str, Any]]:
    """Counts of both for each workload. Uses `port` and the one after it."""
    address = f"127.0.0.1:{port + 1}"
    found = []
    with served(Ours(PROCESSES), deployment, port, COURSES_METRICS_ADDRESS=address) as server:
        wait_until_ready(port)
        chosen = subjects.choose(deployment)
        for workload in WORKLOADS:
            before, scrapes = _settled(address), 0
            with ThreadPoolExecutor(1) as thread:
                load = thread.submit(run, workload, server, chosen, seconds=seconds)
                while not load.done():
                    counted(address)
                    scrapes += 1
                answered = load.result().requests
            gained = _settled(address) - before
            judge(workload, answered, gained)
            found.append(
                {"title": f"{workload.key} {workload.title}", "scrapes": scrapes, **_row(answered, gained)}
            )
    return found


def judge(workload: Workload, answered: int, gained: Mapping[str, int]) -> None:
    """Raise CountsDiffer unless the server has counted what was answered, and nothing but successes."""
    counted_ok = gained.get("OK", 0)
    if set(gained) - {"OK"}:
        raise CountsDiffer(
            f"{workload.title}: all were answered well, and the metrics tell of {dict(gained)}."
        )
    if workload.requests is None:
        least = most = answered * REQUESTS_OF_A_STORY
    else:
        least, most = answered, answered + CONNECTIONS
    if not least <= counted_ok <= most:
        raise CountsDiffer(
            f"{workload.title}: {least} to {most} requests were made, and {counted_ok} are counted."
        )


def counted(address: str) -> Counter[str]:
    """Requests by code, as the metrics have them now."""
    with urlopen(f"http://{address}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "courses_requests_total":
                found[sample.labels["code"]] += int(sample.value)
    return found


def _settled(address: str) -> Counter[str]:
    """Requests once those that nobody waits for any more have ended: two readings in a row are the same."""
    last, now = None, counted(address)
    while now != last:
        last, now = now, counted(address)
    return now


def _row(answered: int, gained: Mapping[str, int]) -> dict[str, int]:
    return {"answered": answered, "counted": sum(gained.values())}


def main() -> None:
    """Compare over a small database, and print what was counted."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.counted", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--attempts", type=int, default=10_000, help="how much data there is")
    parser.add_argument("--port", type=int, default=8400, help="the first of two ports that are free")
    options = parser.parse_args()
    deployment = prepare(Path(f".data/benchmarks/{options.attempts}").resolve(), options.attempts)
    for row in compare(deployment, options.port):
        print(row)


if __name__ == "__main__":
    main()
