"""Undocumented names of graphql-core, Strawberry and strawberry-django are used in schema/core/upstream.py alone."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT: Path = settings.BASE_DIR
ADAPTER = ROOT / "schema" / "core" / "upstream.py"
SOURCES = {
    path: ast.parse(path.read_text("utf-8"))
    for package in ("schema", "config")
    for path in sorted((ROOT / package).rglob("*.py"))
}

UPSTREAM = {"cross_web", "graphql", "strawberry", "strawberry_django"}
DOCUMENTED = {
    "cross_web",
    "graphql",
    "strawberry",
    "strawberry.asgi",
    "strawberry.dataloader",
    "strawberry.extensions",
    "strawberry.http",
    "strawberry.scalars",
    "strawberry.schema.config",
    "strawberry.schema_directive",
    "strawberry.subscriptions",
    "strawberry.types",
    "strawberry_django",
}
"""Modules whose public names their documentation imports."""

WITHOUT_ALL = {"strawberry.asgi": {"GraphQL"}}
"""Documented names of modules that have no `__all__`."""

OF_OTHERS = {"_meta", "_login_failed_rl_usage", "_request_info"}
"""Private names of Django, which documents its own, and of allauth and oauthlib."""


def test_what_is_imported_is_documented() -> None:
    assert [
        place for path, tree in SOURCES.items() if path != ADAPTER for place in _imports(path, tree)
    ] == []


def _imports(path: Path, tree: ast.Module) -> Iterator[str]:
    """Each import of a name that is not documented."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                f"{path.name}:{node.lineno} {each.name}"
                for each in node.names
                if each.name.partition(".")[0] in UPSTREAM and each.name not in DOCUMENTED
            )
        elif isinstance(node, ast.ImportFrom) and (module := node.module or "").partition(".")[0] in UPSTREAM:
            public = _public(module)
            yield from (
                f"{path.name}:{node.lineno} {module}.{each.name}"
                for each in node.names
                if each.name not in public
            )


def _public(module: str) -> set[str]:
    if module not in DOCUMENTED:
        return set()
    return WITHOUT_ALL.get(module) or set(importlib.import_module(module).__all__)


def test_private_attributes_are_our_own() -> None:
    """Every attribute with a leading underscore that is used is defined in schema/ or config/ as well."""
    own = OF_OTHERS.union(*(_defined(tree) for path, tree in SOURCES.items() if path != ADAPTER))
    foreign = [
        f"{path.name}:{node.lineno} {node.attr}"
        for path, tree in SOURCES.items()
        if path != ADAPTER
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and _is_private(node.attr) and node.attr not in own
    ]
    assert foreign == []


def _defined(tree: ast.Module) -> set[str]:
    """Names of functions and classes, and what is assigned to `self` or annotated in a class."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
    return names


def _is_private(name: str) -> bool:
    return name.startswith("__strawberry") or (name.startswith("_") and not name.startswith("__"))
