"""Scalability: the cost of a request over databases of several sizes, up to a hundred times the data."""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from tests.benchmarks import statements, subjects
from tests.benchmarks.contenders.ours import Ours
from tests.benchmarks.deployment import Deployment
from tests.benchmarks.processes import served
from tests.benchmarks.rounds import Place, measure, medians, ratios, warm
from tests.benchmarks.workloads import WORKLOADS


def measure_scale(deployments: Sequence[Deployment], options: argparse.Namespace) -> dict[str, Any]:
    """The cost of each workload in every size, and its ratio to the smallest, interleaved."""
    ours = Ours()
    chosen = [subjects.choose(deployment) for deployment in deployments]
    cells: dict[str, Any] = {}
    for deployment, each in zip(deployments, chosen, strict=True):
        found = statements.inspect(ours, deployment, each, options.port)
        cells[str(deployment.attempts)] = {"database": found}
    with ExitStack() as stack:
        places = [
            Place(stack.enter_context(served(ours, deployment, options.port + number)), each)
            for number, (deployment, each) in enumerate(zip(deployments, chosen, strict=True))
        ]
        for workload in WORKLOADS:
            warm(workload, places, seconds=options.warm_seconds)
            measured = measure(
                workload, places, rounds=options.sittings * options.rounds, seconds=options.seconds
            )
            for place, rounds in zip(places, measured, strict=True):
                cells[str(place.server.deployment.attempts)][workload.key] = medians(rounds) | {
                    "to_smallest": {
                        value: ratios(rounds, measured[0], value)
                        for value in ("server_cpu", "database_cpu", "p50", "p99")
                    }
                }
    return cells
