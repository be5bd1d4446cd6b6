"""What import contracts cannot say of the layers."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
INSTALLED = {".venv", "node_modules", "generated"}
"""Folders of what is not ours, which are never committed."""


def _sources(*packages: str) -> list[Path]:
    found = (path for package in packages for path in sorted((ROOT / package).rglob("*.py")))
    return [path for path in found if not INSTALLED & set(path.parts)]


def test_the_api_reads_through_selectors_and_never_through_a_manager() -> None:
    used = [path.name for path in _sources("schema") if re.search(r"\.objects\b", path.read_text("utf-8"))]
    assert used == []


def test_only_services_and_what_save_shares_open_transactions() -> None:
    allowed = {"services", "models", "utils", "mixins.py", "management", "admin", "migrations"}
    opened = [
        path.relative_to(ROOT).as_posix()
        for path in _sources("schema", "courses", "config")
        if "transaction.atomic" in path.read_text("utf-8") and path.relative_to(ROOT).parts[1] not in allowed
    ]
    assert opened == []


def test_nothing_listens_to_signals() -> None:
    pattern = re.compile(r"django\.(db\.models|core|dispatch)[.\w]*signals|@receiver\b")
    used = [
        path.name
        for path in _sources("schema", "courses", "config")
        if pattern.search(path.read_text("utf-8"))
    ]
    assert used == []


@pytest.mark.parametrize("package", ["schema", "courses", "config", "tests"])
def test_there_is_no_empty_file(package: str) -> None:
    assert [path.as_posix() for path in _sources(package) if not path.read_text("utf-8").strip()] == []


def test_psycopg_3_is_not_installed_because_django_would_silently_prefer_it() -> None:
    import importlib.util

    assert importlib.util.find_spec("psycopg") is None
