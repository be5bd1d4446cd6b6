"""Tables of the report: one row for each contender, whatever it takes part in and in however many processes."""

from typing import Any

from tests.benchmarks import report
from tests.benchmarks.workloads import WORKLOADS

PROCESSES = {"ours": 1, "floor": 1, "peer": 1, "ours, 2 processes": 2, "floor, 2 processes": 2}
OMITTED = {"peer": {"W5"}}


def _ratio(median: float) -> dict[str, float]:
    return {"median": median, "lowest": median - 0.5, "highest": median + 1}


def _results(*names: str) -> dict[str, Any]:
    """Results in which the ratio of two contenders tells their places among `names`."""
    cells: dict[str, Any] = {}
    for place, name in enumerate(names):
        cell = {
            "rate": 100,
            "server_cpu": 0.001 * (place + 1),
            "database_cpu": 0.002,
            "p50": 0.003,
            "p99": 0.004,
        }
        to = {"rate": {other: _ratio(10 * place + index) for index, other in enumerate(names)}}
        workloads = {each.key for each in WORKLOADS} - OMITTED.get(name, set())
        cells[name] = {key: cell | {"to": to} for key in workloads} | {
            "called": name.partition(",")[0],
            "processes": PROCESSES[name],
            "peak_memory": 50 * 1024 * 1024,
        }
        if PROCESSES[name] == 1:
            cells[name]["database"] = {key: {"statements": 1.5, "rows": 7} for key in workloads}
    machine = {"cpus": 2, "cpu": "CPU", "system": "Linux", "load_average": [0.5], "commit": "abc"}
    return {"machine": machine, "attempts": 10_000, "rounds": 6, "ratios": cells, "sizes": {}}


def _rows(results: dict[str, Any], workload: str) -> list[list[str]]:
    """The cells of all rows about a workload."""
    lines = report.tables(results).splitlines()
    return [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in lines
        if line.startswith(f"| {workload}")
    ]


def test_ours_is_compared_with_each_other_contender() -> None:
    assert _rows(_results("ours", "floor", "peer"), "W1")[:2] == [
        ["W1 attempt page", "floor", "1.00 (0.50 to 2.00)", "1.33"],
        ["W1 attempt page", "peer", "2.00 (1.50 to 3.00)", "1.67"],
    ]


def test_the_cost_of_each_contender_is_told() -> None:
    assert _rows(_results("ours", "floor", "peer"), "W1")[2:] == [
        ["W1 attempt page", "ours", "1.5", "7", "1.00", "2.00", "3.0", "4.0", "50"],
        ["W1 attempt page", "floor", "1.5", "7", "2.00", "2.00", "3.0", "4.0", "50"],
        ["W1 attempt page", "peer", "1.5", "7", "3.00", "2.00", "3.0", "4.0", "50"],
    ]


def test_a_workload_that_a_contender_omits_is_left_out_in_its_rows() -> None:
    about_peer = [row for row in _rows(_results("ours", "floor", "peer"), "W5") if row[1] == "peer"]
    assert about_peer == [
        ["W5 a learner's story", "peer", *["left out"] * 2],
        ["W5 a learner's story", "peer", *["left out"] * 7],
    ]


def test_contenders_in_several_processes_are_compared_with_each_other_and_with_one_process() -> None:
    rows = _rows(_results("ours", "floor", "ours, 2 processes", "floor, 2 processes"), "W1")
    assert rows[0] == ["W1 attempt page", "floor", "1.00 (0.50 to 2.00)", "23.00 (22.50 to 24.00)", "1.33"]
    assert [row[1] for row in rows[1:5]] == ["ours", "floor", "ours, 2 processes", "floor, 2 processes"]
    assert rows[5:] == [
        ["W1 attempt page", "ours, 2 processes", "20.00 (19.50 to 21.00)"],
        ["W1 attempt page", "floor, 2 processes", "31.00 (30.50 to 32.00)"],
    ]
