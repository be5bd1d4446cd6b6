"""Contenders: pinned to one version each."""

import json
import re

from tests.benchmarks.contenders.postgraphile import DIRECTORY


def test_packages_of_postgraphile_are_pinned_exactly() -> None:
    versions = json.loads((DIRECTORY / "package.json").read_text())["dependencies"]
    assert "postgraphile" in versions
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
