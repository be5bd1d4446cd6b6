"""PostgreSQL behind a pooler, and with replicas, each beside the one primary that servers ask directly.

    uv run python -m tests.benchmarks.topologies

The pooler under 200 clients who read attempt pages, and save an answer every tenth time; the catalogue (W2) with none,
one and two replicas. Rounds are interleaved, and share the cores of one machine. Needs Linux, wrk and PgBouncer.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from psycopg2.extensions import parse_dsn

from config.database import EMBEDDED_DATABASE
from tests.benchmarks import load, subjects
from tests.benchmarks.contenders.base import Request
from tests.benchmarks.contenders.ours import Ours
from tests.benchmarks.crowd import most_sessions
from tests.benchmarks.deployment import Deployment, prepare
from tests.benchmarks.processes import served, wait_until_ready
from tests.benchmarks.report import table, with_range
from tests.benchmarks.rounds import Place, check, measure, medians, ratios, spread, warm
from tests.benchmarks.statements import everything_logged, logged_since
from tests.benchmarks.subjects import Subjects, next_saves
from tests.benchmarks.workloads import WORKLOADS
from tests.faults.cluster import Cluster
from tests.pgbouncer import PgBouncer

CLIENTS = 200
WORKERS = (2, 4)
MOST_REPLICAS = 2
SAMPLES = 200
[CATALOGUE] = [workload for workload in WORKLOADS if workload.key == "W2"]


def compare_pooler(deployment: Deployment, options: argparse.Namespace) -> list[str]:
    """Sessions with PostgreSQL and requests a second, by workers, without and with PgBouncer."""
    requests = _pages_and_saves(deployment, subjects.choose(deployment))
    found: dict[tuple[int, bool], list[tuple[int, float]]] = {}
    for _ in range(options.rounds):
        for workers in WORKERS:
            for is_pooled in (False, True):
                one = _with_crowd(deployment, requests, workers, is_pooled, options)
                found.setdefault((workers, is_pooled), []).append(one)
    rows = []
    for workers in WORKERS:
        directly, pooled = found[workers, False], found[workers, True]
        by_round = [one[1] / other[1] for one, other in zip(pooled, directly, strict=True)]
        sessions = [str(max(most for most, _ in each)) for each in (directly, pooled)]
        rows.append([str(workers), *sessions, with_range(spread(by_round))])
    return table(["workers", "sessions without", "sessions with", "requests a second (range)"], rows)


def _pages_and_saves(deployment: Deployment, chosen: Subjects) -> list[Request]:
    """Nine pages and then a save, so that every kind of session is needed, and saves do not wait for each other."""
    pages = cycle(map(Ours().attempt_page, chosen.open_attempts))
    saves = map(Ours().save_answer, next_saves(deployment, chosen))
    return [request for save in saves for request in (*islice(pages, 9), save)]


def _with_crowd(
    deployment: Deployment,
    requests: Sequence[Request],
    workers: int,
    is_pooled: bool,
    options: argparse.Namespace,
) -> tuple[int, float]:
    """The most sessions, and requests a second, of a server that nobody shares the machine with."""
    with ExitStack() as stack:
        environment = stack.enter_context(_pooler(deployment)) if is_pooled else {}
        stack.enter_context(served(Ours(workers), deployment, options.port, **environment))
        wait_until_ready(options.port)
        load.bombard(options.port, requests, connections=CLIENTS, seconds=2 * options.seconds)
        most, came = most_sessions(
            deployment, options.port, requests, connections=CLIENTS, seconds=2 * options.seconds
        )
    return most, came.requests / came.seconds


@contextmanager
def _pooler(deployment: Deployment) -> Iterator[dict[str, str]]:
    """Environment of a server that uses PgBouncer, which runs within the block."""
    there = parse_dsn(deployment.dsn)
    database = f"{there['dbname']} = host={there['host']} user={there['user']}"
    with PgBouncer(database, owner=os.stat(there["host"]).st_uid) as pooler:
        where = f"{there['user']}@127.0.0.1:{pooler.port}/{there['dbname']}"
        yield {
            "DATABASE_URL": f"postgres://{where}?DISABLE_SERVER_SIDE_CURSORS=true",
            "COURSES_LISTEN_URL": deployment.dsn,
        }


def compare_replicas(deployment: Deployment, options: argparse.Namespace) -> list[str]:
    """Statements and processor time of the primary and of all replicas, and requests a second, by replicas."""
    chosen = subjects.choose(deployment)
    with ExitStack() as stack:
        replicas = [
            stack.enter_context(closing(Cluster(replica_of=deployment.dsn))) for _ in range(MOST_REPLICAS)
        ]
        chains = [replicas[:number] for number in range(MOST_REPLICAS + 1)]
        with everything_logged(deployment):
            counts = [_statements(deployment, chain, options.port) for chain in chains]
        places = [
            Place(stack.enter_context(_reading(deployment, chain, options.port + number)), chosen, chain)
            for number, chain in enumerate(chains)
        ]
        check(CATALOGUE, places)
        warm(CATALOGUE, places, seconds=2 * options.seconds)
        measured = measure(CATALOGUE, places, rounds=2 * options.rounds, seconds=options.seconds)
    rows = []
    for chain, count, of_place in zip(chains, counts, measured, strict=True):
        each = medians(of_place)
        cpu = [f"{each[name] * 1e3:.2f}" for name in ("server_cpu", "database_cpu", "replica_cpu")]
        said = [f"{number:.2f}" for number in count]
        rows.append([str(len(chain)), *said, *cpu, with_range(ratios(of_place, measured[0]))])
    titles = ["replicas", "statements: primary", "replicas", "CPU ms: server", "primary", "replicas"]
    return table([*titles, "requests a second (range)"], rows)


@contextmanager
def _reading(deployment: Deployment, replicas: Sequence[Cluster], port: int) -> Iterator[Any]:
    """Server of two workers that reads from the replicas. Without them the setting is empty: there are none."""
    urls = ",".join(replica.url_of(EMBEDDED_DATABASE) for replica in replicas)
    settings = {"COURSES_REPLICA_URLS": urls, "COURSES_BACKGROUND_WORK": "off"}
    with served(Ours(2), deployment, port, **settings) as server:
        wait_until_ready(port)
        yield server


def _statements(deployment: Deployment, replicas: Sequence[Cluster], port: int) -> list[float]:
    """Statements for each catalogue: of the primary, and of all replicas together."""
    logs = [deployment.log, *(replica.log for replica in replicas)]
    with _reading(deployment, replicas, port):
        load.bombard(port, [Ours().catalogue()], connections=8, seconds=2)  # until each replica was seen
        marks = [log.stat().st_size for log in logs]
        for _ in range(SAMPLES):
            load.ask(port, Ours().catalogue())
        counts = [len(logged_since(log, mark)) / SAMPLES for log, mark in zip(logs, marks, strict=True)]
    return [counts[0], sum(counts[1:])]


COMPARISONS = {"replicas": compare_replicas, "pooler": compare_pooler}


def main() -> None:
    """Measure both, and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.topologies", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", action="append", choices=COMPARISONS, help="one of the two")
    parser.add_argument("--attempts", type=int, default=10_000, help="how much data there is")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of the pooler; replicas have twice as many"
    )
    parser.add_argument(
        "--seconds", type=int, default=3, help="how long a round of replicas is, half of the others"
    )
    parser.add_argument("--port", type=int, default=8410, help="the first of three ports that are free")
    options = parser.parse_args()
    deployment = prepare(Path(f".data/benchmarks/{options.attempts}").resolve(), options.attempts)
    print(f"Load average at the start {os.getloadavg()[0]:.1f}.", flush=True)
    for name in options.only or COMPARISONS:
        print("", *COMPARISONS[name](deployment, options), sep="\n", flush=True)


if __name__ == "__main__":
    main()
