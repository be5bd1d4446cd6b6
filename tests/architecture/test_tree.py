"""The tests of a package stand where the package stands: `tests/` mirrors `config/`, `courses/` and `schema/`."""

from pathlib import Path

from django.conf import settings

ROOT: Path = settings.BASE_DIR
MIRRORED = ("config", "courses", "schema")
NOT_OURS = {"__pycache__", "generated", "node_modules"}

OF_NO_PACKAGE = {
    "schema/core/subscriptions/clients": "libraries of npm that subscribe to a running server",
    "schema/graphiql/browser": "GraphiQL in Chromium",
    "schema/network/audit": "an audit of GraphQL over HTTP, by others",
    "schema/operations": "the documents that real clients send",
    "schema/threats": "attacks on the whole API, one by one",
}
"""Directories of tests that are of no one package, and what is in them."""

ELSEWHERE = {
    "config/embedded_postgresql": "the name by which Django finds it; tests/config/test_database.py starts the server",
    "config/templatetags": "what pages show of it: tests/config/test_pages.py",
    "courses/rules/questions": "one class a type, asked through the rules: tests/courses/rules",
}
"""Packages without a directory of tests, and who tries them."""


def _tested() -> set[str]:
    """Every directory of tests that holds a file, itself or further down."""
    tests = ROOT / "tests"
    files = (path for top in MIRRORED for path in (tests / top).rglob("*.*") if path.is_file())
    above = (parent for path in files if not NOT_OURS & set(path.parts) for parent in path.parents)
    return {parent.relative_to(tests).as_posix() for parent in above if tests in parent.parents}


def _packages() -> set[str]:
    """Every directory with code of ours: more than an `__init__.py` that says what is in it."""
    modules = (path for top in MIRRORED for path in (ROOT / top).rglob("[!_]*.py"))
    return {path.parent.relative_to(ROOT).as_posix() for path in modules}


def _is_code(name: str) -> bool:
    return (ROOT / name).is_dir() or (ROOT / name).with_suffix(".py").is_file()


def test_every_directory_of_tests_is_named_like_a_package_or_a_module() -> None:
    assert sorted(name for name in _tested() - set(OF_NO_PACKAGE) if not _is_code(name)) == []


def test_every_package_has_a_directory_of_tests() -> None:
    assert sorted(_packages() - _tested() - set(ELSEWHERE)) == []


def test_no_exception_is_left_over() -> None:
    assert sorted(set(OF_NO_PACKAGE) - _tested()) == []
    assert sorted(set(ELSEWHERE) - (_packages() - _tested())) == []
