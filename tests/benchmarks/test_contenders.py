"""Contenders: named apart, started in the processes that were asked for, and pinned to one version each."""

import json
import re

import pytest

from tests.benchmarks.__main__ import contenders_in
from tests.benchmarks.contenders.base import Contender
from tests.benchmarks.contenders.postgraphile import DIRECTORY
from tests.benchmarks.workloads import WORKLOADS


def test_contenders_are_told_apart_by_name() -> None:
    assert [contender.name for processes in (1, 2) for contender in contenders_in(processes)] == [
        "ours",
        "floor",
        "stock",
        "stock, fixed threads",
        "PostGraphile",
        "PostGraphile, same rules",
        "ours, 2 processes",
        "floor, 2 processes",
        "stock, 2 processes",
        "stock, fixed threads, 2 processes",
        "PostGraphile, 2 processes",
        "PostGraphile, same rules, 2 processes",
    ]


@pytest.mark.parametrize("contender", contenders_in(3), ids=lambda contender: contender.called)
def test_a_contender_is_started_in_so_many_processes(contender: Contender) -> None:
    assert contender.command(8000, "postgres://").count("3") == 1


def test_all_take_part_in_everything_but_for_one_story() -> None:
    omitted = {contender.called: contender.omits for contender in contenders_in(1) if contender.omits}
    assert omitted == {"PostGraphile, same rules": {"W5"}}
    assert "W5" in {workload.key for workload in WORKLOADS}


def test_packages_of_postgraphile_are_pinned_exactly() -> None:
    versions = json.loads((DIRECTORY / "package.json").read_text())["dependencies"]
    assert "postgraphile" in versions
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
