"""docs/how-a-query-is-read.md shows what happens: its query is run, and every block beneath it is compared."""

import ast
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.management.demonstration.catalog import load_courses
from courses.management.demonstration.people import load_people
from schema.core import queries
from schema.core.compiled_reads import CompiledOperation
from schema.dataloaders.plans import Plan
from schema.documents.reading import prepare
from schema.root import schema
from tests.docs.copied import ROOT
from tests.factories import make_review

pytestmark = pytest.mark.compiled

PAGE = (ROOT / "docs" / "how-a-query-is-read.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


[QUERY], [VARIABLES, ANSWER] = _blocks("graphql"), [json.loads(block) for block in _blocks("json")]


@pytest.fixture
def read(api: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[str], list[str]]:
    """The answer to the page's query, the plans that were printed, and the statements that were run."""
    people = load_people()
    for course in load_courses(instructor=people["instructor"]).values():
        make_review(people["classmate"], course, rating=5)
    plans: list[str] = []

    read = queries.RootRead.__call__

    def watched(root: Any, info: Any, plan_for: Callable[[str | None], Plan], arguments: Any) -> Any:
        plans.append(str(plan_for(None)))
        return read(root, info, plan_for, arguments)

    monkeypatch.setattr(queries.RootRead, "__call__", watched)
    with CaptureQueriesContext(connection) as run:
        answered = api(QUERY, **VARIABLES)
        monkeypatch.setattr(CompiledOperation, "inlined", lambda *_: None)
        by_steps = api(QUERY, **VARIABLES)
    assert not answered.errors
    assert by_steps.data == answered.data
    return answered.data, plans, [each["sql"] for each in run]


def test_the_page_shows_the_answer_the_plan_and_the_statements(
    read: tuple[Any, list[str], list[str]],
) -> None:
    answer, plans, statements = read
    assert answer == ANSWER
    assert [f"{plan}\n" for plan in plans] == _blocks("plan")
    abbreviated = _blocks("sql")
    assert len(abbreviated) == len(statements)
    for shown, statement in zip(abbreviated, statements, strict=True):
        assert re.fullmatch(_pattern(shown), _in_one_line(statement)), statement


def _pattern(shown: str) -> str:
    """Pattern of a shown statement, in which an ellipsis is anything."""
    return ".*".join(re.escape(part.strip()) for part in _in_one_line(shown).split("…"))


def _in_one_line(statement: str) -> str:
    """The statement without quotes, and without the line breaks that only make it legible."""
    return " ".join(statement.replace('"', "").split()).replace("( ", "(").replace(" )", ")")


def test_the_page_names_the_cost() -> None:
    [shape] = prepare(schema, QUERY).shapes.values()
    assert re.findall(r"costs (\d+) points", PAGE) == [str(shape.cost(VARIABLES))]


# ---------------------------------------------------------------- terms


@cache
def _names() -> set[str]:
    """Every name that the modules of reading define: functions, classes, and what is assigned or annotated."""
    core = (
        ROOT / "schema" / "core" / f"{name}.py"
        for name in ("fields", "selections", "compiling", "compiled_reads", "inlined_reads", "executor")
    )
    trees = [
        ast.parse(path.read_text("utf-8"))
        for path in (
            *core,
            *(ROOT / "schema" / "dataloaders").glob("*.py"),
            *(ROOT / "courses" / "utils" / f"{name}.py" for name in ("rows", "prepared", "kept")),
        )
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {
        *(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)),
        *(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)),
        *(node.arg for node in nodes if isinstance(node, ast.arg)),
    }


def _defined_terms() -> list[str]:
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    return [term for row in rows for term in re.findall(r"`(\w+)`", row)]


def test_every_term_is_defined_once_and_is_a_name_of_the_code() -> None:
    terms = _defined_terms()
    assert sorted(terms) == sorted(set(terms))
    assert set(terms) - _names() == set()


@pytest.mark.parametrize(
    "module",
    [f"dataloaders/{name}" for name in ("base", "inlining", "paging", "plans", "sources")] + ["core/fields"],
)
def test_every_class_is_a_term(module: str) -> None:
    tree = ast.parse((ROOT / "schema" / f"{module}.py").read_text("utf-8"))
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert classes - set(_defined_terms()) == set()
