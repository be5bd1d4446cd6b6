"""Benchmarks of the API beside a floor and beside other servers of the same tables.

    uv run python -m tests.benchmarks            ratios over 10,000 attempts, in less than a quarter of an hour
    uv run python -m tests.benchmarks --processes 2      also all of them in two processes each, in twice the time
    uv run python -m tests.benchmarks --full     also 100,000 and 1,000,000 attempts, 1,000 clients, and a soak

Prints tables and writes all numbers as JSON beside them. Needs Linux, wrk, and nobody else on the machine.
"""

import argparse
import json
import os
import platform
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.benchmarks import counted, crowd, report, scaling, statements, subjects
from tests.benchmarks.contenders.base import Contender
from tests.benchmarks.contenders.floor import Floor
from tests.benchmarks.contenders.ours import Ours
from tests.benchmarks.contenders.postgraphile import PostGraphile, install
from tests.benchmarks.contenders.same_rules import SameRules, rules_in
from tests.benchmarks.contenders.stock import Stock
from tests.benchmarks.deployment import Deployment, prepare, sizes
from tests.benchmarks.processes import peak_memory_bytes, served
from tests.benchmarks.rounds import Measured, Place, check, measure, medians, ratios, warm
from tests.benchmarks.workloads import WORKLOADS

SMALL, LARGER = 10_000, (100_000, 1_000_000)


def main() -> None:
    """Measure what the options ask."""
    options = _options()
    deployment = prepare(options.directory / str(options.attempts), options.attempts)
    rounds = options.sittings * options.rounds
    results: dict[str, Any] = {"machine": _machine(), "attempts": options.attempts, "rounds": rounds}
    results["sizes"] = {options.attempts: sizes(deployment)}
    results["ratios"] = compare(deployment, options)
    results["counted"] = counted.compare(deployment, options.port)
    _keep(results, options.output)
    if options.full:
        larger = [prepare(options.directory / str(number), number) for number in options.larger]
        results["sizes"] |= {each.attempts: sizes(each) for each in larger}
        results["scale"] = scaling.measure_scale([deployment, *larger], options)
        _keep(results, options.output)
        results["crowd"] = crowd.thousand_clients(deployment, options.port)
        results["soak"] = crowd.soak(deployment, options.port, minutes=options.soak_minutes)
        _keep(results, options.output)
    print(report.tables(results))


def _keep(results: dict[str, Any], output: Path) -> None:
    """Write what is known so far."""
    output.with_suffix(".json").write_text(json.dumps(results, indent=1))
    output.with_suffix(".txt").write_text(report.tables(results))


def compare(deployment: Deployment, options: argparse.Namespace) -> dict[str, Any]:
    """All contenders side by side over one database, in several sittings: a process that is started again can be
    faster or slower throughout, which is part of the noise.
    """
    install()
    contenders = [each for processes in sorted({1, options.processes}) for each in contenders_in(processes)]
    chosen = subjects.choose(deployment)
    cells: dict[str, Any] = {
        contender.name: {"called": contender.called, "processes": contender.processes, "peak_memory": 0}
        for contender in contenders
    }
    measured: dict[str, dict[str, list[Measured]]] = {
        workload.key: {contender.name: [] for contender in contenders if workload.key not in contender.omits}
        for workload in WORKLOADS
    }
    with rules_in(deployment):
        for contender in contenders:
            if contender.processes == 1:
                found = statements.inspect(contender, deployment, chosen, options.port)
                cells[contender.name]["database"] = found
        for _ in range(options.sittings):
            with ExitStack() as stack:
                places = [
                    Place(stack.enter_context(served(contender, deployment, options.port + number)), chosen)
                    for number, contender in enumerate(contenders)
                ]
                for workload in WORKLOADS:
                    taking_part = [place for place in places if place.name in measured[workload.key]]
                    check(workload, taking_part)
                    warm(workload, taking_part, seconds=options.warm_seconds)
                    rounds = measure(workload, taking_part, rounds=options.rounds, seconds=options.seconds)
                    for place, of_place in zip(taking_part, rounds, strict=True):
                        measured[workload.key][place.name] += of_place
                for place in places:
                    cell = cells[place.name]
                    cell["peak_memory"] = max(cell["peak_memory"], peak_memory_bytes(place.server.pid))
    for key, of_name in measured.items():
        for name, of_contender in of_name.items():
            cells[name][key] = medians(of_contender) | {"to": _to_others(of_contender, of_name)}
    return cells


def contenders_in(processes: int) -> list[Contender]:
    """Everybody who is compared, in so many processes each."""
    return [
        Ours(processes), Floor(processes), Stock(processes), Stock(processes, fixed_threads=True),
        PostGraphile(processes), SameRules(processes),
    ]  # fmt: skip


def _to_others(rounds: list[Measured], of_name: dict[str, list[Measured]]) -> dict[str, Any]:
    return {
        value: {name: ratios(rounds, other, value) for name, other in of_name.items()}
        for value in ("rate", "server_cpu", "database_cpu")
    }


def _machine() -> dict[str, Any]:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    described = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {
        "cpus": os.cpu_count(),
        "cpu": cpu,
        "system": platform.platform(),
        "load_average": os.getloadavg(),
        "commit": described.stdout.strip() or "unknown",
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--full", action="store_true", help="scale, 1,000 clients and a soak as well")
    parser.add_argument(
        "--attempts", type=int, default=SMALL, help="how much data the ratios are measured over"
    )
    parser.add_argument("--larger", type=int, nargs="*", default=LARGER, help="the other amounts of --full")
    parser.add_argument("--sittings", type=int, default=2, help="how often all contenders are started")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each workload in a sitting")
    parser.add_argument(
        "--processes", type=int, default=1, help="how many processes all contenders are also measured in"
    )
    parser.add_argument("--seconds", type=int, default=2, help="how long a round is")
    parser.add_argument(
        "--warm-seconds", type=int, default=6, help="how long an operation is warmed that is compiled"
    )
    parser.add_argument("--soak-minutes", type=float, default=10, help="how long --full soaks")
    parser.add_argument("--port", type=int, default=8400, help="the first of twenty ports that are free")
    parser.add_argument(
        "--directory", type=Path, default=Path(".data/benchmarks").resolve(), help="for databases"
    )
    parser.add_argument(
        "--output", type=Path, default=Path(".data/benchmarks/results"), help="for the results"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
