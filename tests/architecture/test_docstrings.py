"""Docstrings name a thing or an action: never a question, and never the name said again."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from django.conf import settings

PACKAGES = ("config", "courses", "schema")
DESCRIBED = ("config", "courses")
"""Packages that are described throughout; clients read the descriptions of a noun's types in the published SDL."""
QUESTIONS = {"how", "it", "those", "what", "where", "whether", "which", "who", "whose", "why"}
ARTICLES = {"a", "an", "the"}

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _modules(package: str) -> dict[str, ast.Module]:
    paths = sorted((settings.BASE_DIR / package).rglob("*.py"))
    names = {
        path: path.relative_to(settings.BASE_DIR).as_posix()
        for path in paths
        if "migrations" not in path.parts
    }
    return {name: ast.parse(path.read_text(encoding="utf-8")) for path, name in names.items()}


def _strings(package: str) -> Iterator[tuple[str, str]]:
    """Yield every docstring, and every string under an attribute, with its place."""
    for module, tree in _modules(package).items():
        for node in ast.walk(tree):
            match node:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield f"{module}:{node.lineno}", text


def _definitions(package: str) -> Iterator[tuple[str, str, ast.Module | Definition]]:
    """Yield every module, class and function with its place and name."""
    for module, tree in _modules(package).items():
        yield module, module.removesuffix(".py").rpartition("/")[2], tree
        for node in ast.walk(tree):
            if isinstance(node, Definition):
                yield f"{module}:{node.lineno}", node.name, node


def _words(text: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word for word in re.findall(r"[a-z0-9]+", spaced.lower()) if word not in ARTICLES]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_docstring_begins_like_a_question_or_a_riddle(package: str) -> None:
    assert [place for place, text in _strings(package) if set(_words(text)[:1]) & QUESTIONS] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_docstring_is_only_the_name_said_again(package: str) -> None:
    said_again = [
        place
        for place, name, node in _definitions(package)
        if _words(ast.get_docstring(node) or "") == _words(name)
    ]
    assert said_again == []


def _is_described(node: ast.AST) -> bool:
    """Return whether a public definition has a docstring, or a command its `help`."""
    if isinstance(node, ast.Module):
        return bool(ast.get_docstring(node))
    if not isinstance(node, Definition) or node.name.startswith("_"):
        return True
    attributes = {ast.unparse(each.targets[0]) for each in node.body if isinstance(each, ast.Assign)}
    return bool(ast.get_docstring(node)) or "help" in attributes


@pytest.mark.parametrize("package", DESCRIBED)
def test_every_module_and_its_public_classes_and_functions_are_described(package: str) -> None:
    undescribed = [
        f"{module}:{getattr(node, 'lineno', 1)}"
        for module, tree in _modules(package).items()
        for node in (tree, *tree.body)
        if not _is_described(node)
    ]
    assert undescribed == []
