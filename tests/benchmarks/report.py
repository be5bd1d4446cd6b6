"""The results as tables of text."""

from collections.abc import Sequence
from typing import Any

from tests.benchmarks.workloads import WORKLOADS

LEFT_OUT = "left out"
"""Cell of a contender that takes no part in a workload."""

_MB = 1024 * 1024


def tables(results: dict[str, Any]) -> str:
    """Everything that was measured."""
    machine = results["machine"]
    lines = [
        f"{machine['cpus']} x {machine['cpu']}, {machine['system']}, load average at the start "
        f"{machine['load_average'][0]:.1f}. Commit {machine['commit']}. "
        f"{results['attempts']:,} attempts, medians of {results['rounds']} rounds.",
        "",
        *_ratio_table(results["ratios"]),
        "",
        *_cost_table(results["ratios"]),
    ]
    if _most_processes(results["ratios"]):
        lines += ["", *_processes_table(results["ratios"])]
    for attempts, found in results["sizes"].items():
        lines += ["", f"Sizes with {int(attempts):,} attempts", *_size_table(found)]
    if "counted" in results:
        lines += ["", *_counted_table(results["counted"])]
    if "scale" in results:
        lines += ["", *_scale_table(results["scale"])]
    if "soak" in results:
        lines += ["", *_crowd_lines(results)]
    return "\n".join(lines) + "\n"


def _ratio_table(cells: dict[str, Any]) -> list[str]:
    """Requests a second, and processor time of server and database together: ours to each other contender."""
    several = _most_processes(cells)
    rows = []
    for workload in WORKLOADS:
        ours = cells["ours"][workload.key]
        for name, of_contender in cells.items():
            if name == "ours" or of_contender["processes"] > 1:
                continue
            row = [f"{workload.key} {workload.title}", name]
            if (other := of_contender.get(workload.key)) is None:
                rows.append([*row, *[LEFT_OUT] * (len(several) + 2)])
                continue
            work = (other["server_cpu"] + other["database_cpu"]) / (ours["server_cpu"] + ours["database_cpu"])
            both = [cells[f"ours, {each}"][workload.key]["to"]["rate"][f"{name}, {each}"] for each in several]
            rates = [with_range(each) for each in (ours["to"]["rate"][name], *both)]
            rows.append([*row, *rates, f"{work:.2f}"])
    titles = ["workload", "ours / ...", "requests a second (range)", *(f"both in {each}" for each in several)]
    return table([*titles, "requests per CPU second"], rows)


def _cost_table(cells: dict[str, Any]) -> list[str]:
    rows = []
    for workload in WORKLOADS:
        for name, of_contender in cells.items():
            row = [f"{workload.key} {workload.title}", name]
            if (cell := of_contender.get(workload.key)) is None:
                rows.append([*row, *[LEFT_OUT] * 7])
                continue
            database = of_contender.get("database", {}).get(workload.key)
            rows.append(
                [
                    *row,
                    f"{database['statements']:.1f}" if database else "",
                    f"{database['rows']:.0f}" if database else "",
                    f"{cell['server_cpu'] * 1e3:.2f}",
                    f"{cell['database_cpu'] * 1e3:.2f}",
                    f"{cell['p50'] * 1e3:.1f}",
                    f"{cell['p99'] * 1e3:.1f}",
                    f"{of_contender['peak_memory'] / _MB:.0f}",
                ]
            )
    titles = [
        "workload",
        "contender",
        "statements",
        "rows",
        "server CPU ms",
        "PostgreSQL CPU ms",
        "p50 ms",
        "p99 ms",
    ]
    return table([*titles, "peak MB"], rows)


def _processes_table(cells: dict[str, Any]) -> list[str]:
    """Requests a second of each contender: in several processes to the same one in one."""
    rows = [
        [
            f"{workload.key} {workload.title}",
            name,
            with_range(of_contender[workload.key]["to"]["rate"][of_contender["called"]]),
        ]
        for workload in WORKLOADS
        for name, of_contender in cells.items()
        if of_contender["processes"] > 1 and workload.key in of_contender
    ]
    return table(["workload", "contender", "requests a second / one process (range)"], rows)


def _most_processes(cells: dict[str, Any]) -> list[str]:
    """The end of the names of contenders in several processes, when there are any."""
    most = max(of_contender["processes"] for of_contender in cells.values())
    return [f"{most} processes"] if most > 1 else []


def with_range(ratio: dict[str, float]) -> str:
    """The median, and the lowest and highest beside it."""
    return f"{ratio['median']:.2f} ({ratio['lowest']:.2f} to {ratio['highest']:.2f})"


def _size_table(found: list[dict[str, Any]]) -> list[str]:
    rows = [
        [
            each["table"],
            f"{each['rows']:,}",
            f"{each['table_bytes'] / _MB:,.0f}",
            f"{each['index_bytes'] / _MB:,.0f}",
        ]
        for each in found
    ]
    return table(["table", "rows", "table MB", "indexes MB"], rows)


def _counted_table(found: list[dict[str, Any]]) -> list[str]:
    """Counts of two processes of ours beside those of the load generator; a story is twelve requests."""
    names = ("title", "answered", "counted", "scrapes")
    titles = ["workload", "answered, by the load generator", "counted, by /metrics", "read meanwhile"]
    return table(titles, [[f"{each[name]}" for name in names] for each in found])


def _scale_table(cells: dict[str, Any]) -> list[str]:
    rows = []
    for workload in WORKLOADS:
        for attempts, of_size in cells.items():
            cell = of_size[workload.key]
            ratios = [
                f"{cell['to_smallest'][value]['median']:.2f}"
                for value in ("server_cpu", "database_cpu", "p50", "p99")
            ]
            database = of_size["database"][workload.key]
            rows.append(
                [
                    f"{workload.key} {workload.title}",
                    f"{int(attempts):,}",
                    *ratios,
                    f"{database['statements']:.1f}",
                    f"{database['rows']:.0f}",
                    ", ".join(database["read_without_index"]) or "none",
                ]
            )
    titles = ["workload", "attempts", "server CPU", "PostgreSQL CPU", "p50", "p99", "statements", "rows"]
    return ["Ours, as ratios to the smallest", *table([*titles, "read without an index"], rows)]


def _crowd_lines(results: dict[str, Any]) -> list[str]:
    lines = [
        f"1,000 clients, {each['processes']} processes: {each['sessions']} sessions, {each['answered']:,} answers, "
        f"{each['memory'] / _MB:.0f} MB."
        for each in results["crowd"]
    ]
    soak = results["soak"]
    return [
        *lines,
        f"Soak of {soak['minutes']:g} minutes, {soak['answered']:,} answers: "
        f"{soak['memory_after_a_tenth'] / _MB:.0f} MB after a tenth, "
        f"{soak['memory_at_the_end'] / _MB:.0f} MB at the end, {soak['memory_peak'] / _MB:.0f} MB at most.",
    ]


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table in Markdown, as wide as its cells."""
    widths = [max(len(row[column]) for row in [titles, *rows]) for column in range(len(titles))]
    lines = [titles, ["-" * width for width in widths], *rows]
    return [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
