"""Every package that runs here is pinned exactly, the transitive ones by constraint-dependencies."""

import re
import tomllib
from importlib.metadata import distributions

from django.conf import settings

PROJECT = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
INSTALLERS = {"pip", "setuptools", "uv", "wheel"}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(requirements: list[str]) -> dict[str, str]:
    pins = {}
    for requirement in requirements:
        match = re.fullmatch(r"([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)(?:\s*;.*)?", requirement)
        assert match, f"{requirement} is not pinned exactly"
        pins[_canonical(match[1])] = match[2]
    return pins


def test_every_installed_package_is_pinned_to_the_version_that_is_installed() -> None:
    """When this fails after an update, take the versions over from `uv pip freeze`."""
    groups = [entry for group in PROJECT["dependency-groups"].values() for entry in group]
    direct = PROJECT["project"]["dependencies"] + [entry for entry in groups if isinstance(entry, str)]
    pins = _pins(PROJECT["tool"]["uv"]["constraint-dependencies"]) | _pins(direct)
    installed = {_canonical(d.metadata["Name"]): d.version for d in distributions()}
    assert {name: version for name, version in installed.items() if name not in INSTALLERS} == {
        name: version for name, version in pins.items() if name in installed
    }


def test_no_pin_is_left_over() -> None:
    installed = {_canonical(d.metadata["Name"]) for d in distributions()}
    constrained = _pins(PROJECT["tool"]["uv"]["constraint-dependencies"])
    assert sorted(set(constrained) - installed) == []
