"""Interleaved rounds: each contender in turn, again and again, so that noise of the machine meets all alike."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.benchmarks.deployment import Deployment, postmaster
from tests.benchmarks.processes import Server, cpu_seconds
from tests.benchmarks.subjects import Subjects
from tests.benchmarks.workloads import Workload, run
from tests.faults.cluster import Cluster

QUIET_SECONDS = 5


class AnswersDiffer(Exception):  # noqa: N818 - says what is wrong
    """A contender does not return what the others return, so there is nothing to compare."""


@dataclass(frozen=True)
class Measured:
    """One round of one contender. Times are in seconds, processor time is per request."""

    rate: float
    server_cpu: float
    database_cpu: float
    p50: float
    p99: float
    replica_cpu: float = 0


@dataclass(frozen=True)
class Place:
    """A server, and the subjects of the database behind it."""

    server: Server
    subjects: Subjects
    replicas: Sequence[Cluster] = ()

    @property
    def name(self) -> str:
        return self.server.contender.name


def check(workload: Workload, places: Sequence[Place]) -> None:
    """Raise AnswersDiffer unless all return the same data."""
    expected = workload.check(places[0].server, places[0].subjects)
    for place in places[1:]:
        found = workload.check(place.server, place.subjects)
        if found != expected:
            raise AnswersDiffer(
                f"{workload.title}: {place.name} returns {found!r:.1500}\nand {places[0].name} {expected!r:.1500}"
            )


def warm(workload: Workload, places: Sequence[Place], *, seconds: float) -> None:
    """Let every server do it for a while, uncounted: so long for each process that compiles, else half of that."""
    for place in places:
        contender = place.server.contender
        enough = seconds * contender.processes if contender.is_compiled else seconds / 2
        run(workload, place.server, place.subjects, seconds=enough)


def measure(
    workload: Workload, places: Sequence[Place], *, rounds: int, seconds: float
) -> list[list[Measured]]:
    """The rounds of each place, in the order of `places`; each round begins with another one."""
    measured: list[list[Measured]] = [[] for _ in places]
    for turn in range(rounds):
        for step in range(len(places)):
            index = (turn + step) % len(places)
            measured[index].append(_measure_once(workload, places[index], seconds))
    return measured


def medians(measured: Sequence[Measured]) -> dict[str, float]:
    return {name: median(asdict(each)[name] for each in measured) for name in asdict(measured[0])}


def ratios(
    measured: Sequence[Measured], reference: Sequence[Measured], value: str = "rate"
) -> dict[str, float]:
    """The median, lowest and highest of the ratios of rounds that were measured side by side."""
    return spread(
        [getattr(one, value) / getattr(other, value) for one, other in zip(measured, reference, strict=True)]
    )


def spread(found: Sequence[float]) -> dict[str, float]:
    return {"median": median(found), "lowest": min(found), "highest": max(found)}


def _measure_once(workload: Workload, place: Place, seconds: float) -> Measured:
    server, database = place.server.pid, postmaster(place.server.deployment)
    replicas = [replica.postmaster for replica in place.replicas]
    _wait_until_quiet(place.server.deployment)
    before = cpu_seconds(server), cpu_seconds(database), sum(map(cpu_seconds, replicas))
    load = run(workload, place.server, place.subjects, seconds=seconds)
    after = cpu_seconds(server), cpu_seconds(database), sum(map(cpu_seconds, replicas))
    used = [(end - start) / load.requests for start, end in zip(before, after, strict=True)]
    return Measured(load.requests / load.seconds, used[0], used[1], load.p50, load.p99, used[2])


def _wait_until_quiet(deployment: Deployment) -> None:
    """Until the statistics that the last round made stale are computed, so that no other contender pays for them.

    Without a server of ours nobody computes them: then they are forgotten.
    """
    for _ in range(QUIET_SECONDS * 5):
        waiting: Any = deployment.fetch("SELECT count(*) FROM courses_statisticschange")[0][0]
        if not waiting:
            return
        time.sleep(0.2)
    deployment.fetch("DELETE FROM courses_statisticschange")
