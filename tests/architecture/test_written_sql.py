"""SQL that is written out: it spells no rule of its own, and names every column that has no default."""

import ast
import pkgutil
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AbstractUser
from django.db import connection
from django.db.models import NOT_PROVIDED, Model, TextChoices
from django.db.models.functions import Now
from psycopg2.extras import Json

import courses
from courses import constants, selectors, services
from courses.mixins import TimeStampedMixin
from courses.models import Event, StatisticsChange, User
from courses.utils.model_helpers import StampField
from courses.utils.sql import fetch
from tests import benchmarks
from tests.benchmarks.generated_load import tables
from tests.benchmarks.generated_load.scale import Ids, Scale
from tests.courses.admin.rows import MAKERS

MODELS = sorted(MAKERS, key=lambda model: model.__name__)
BY_TABLE = {
    model._meta.db_table: model
    for model in apps.get_app_config("courses").get_models(include_auto_created=True)
}
NOT_OURS = {field.name for field in AbstractUser._meta.concrete_fields} - {"username"}

VALUES = {
    value
    for each in vars(constants).values()
    if isinstance(each, type) and issubclass(each, TextChoices)
    for value in each.values
}
_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s")
_RULE = re.compile(
    r"\bstatus\s*(=|<>|!=|IN\b)|\b(credit|erased_at)\s+IS\b|\bscore\s*[*/]|/\s*(nullif\()?\w+\.max_score",
    re.IGNORECASE,
)
"""Patterns of conditions that have a name: takes, has completed, is ungraded, is here, the score in percent."""
_INSERT = re.compile(r"INSERT INTO (courses_\w+)(?: AS \w+)?\s*\(([\w\s,\"]+)\)")


def _columns(model: type[Model]) -> list[Any]:
    """The columns that somebody has to fill."""
    fields = model._meta.concrete_fields
    return [field for field in fields if not field.primary_key and not field.generated]


def _required(model: type[Model]) -> set[str]:
    return {field.column for field in _columns(model) if not field.null and field.db_default is NOT_PROVIDED}


def _default(field: Any) -> Any:
    """The value of a column in a new instance, where there is one without naming it."""
    if field.has_default():
        return field.get_default()
    is_optional_text = (
        field.blank and not field.null and field.get_internal_type() in {"CharField", "TextField"}
    )
    return "" if is_optional_text else NOT_PROVIDED


def _inserts() -> list[Any]:
    """The INSERTs that are written out: the model whose rows they add, and the columns that they name."""
    found = []
    for package in (selectors, services, benchmarks):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, text in vars(import_module(module.name)).items():
                for table, columns in _INSERT.findall(text) if isinstance(text, str) else ():
                    if table in BY_TABLE:
                        named = {column.strip(' "\n') for column in columns.split(",")}
                        found.append(pytest.param(BY_TABLE[table], named, id=f"{module.name}.{name}"))
    return found


@pytest.mark.parametrize(
    "column",
    [
        column
        for model in MODELS
        for column in _columns(model)
        if not (model is User and column.name in NOT_OURS) and _default(column) is not NOT_PROVIDED
    ],
    ids=str,
)
def test_a_default_is_that_of_the_column_as_well(column: Any) -> None:
    assert column.has_default(), "A new instance would hold an expression."
    assert column.db_default == column.get_default()


@pytest.mark.parametrize("model", [model for model in MODELS if issubclass(model, TimeStampedMixin)])
def test_a_new_row_is_stamped_by_the_database_and_a_new_instance_is_not(model: type[Any]) -> None:
    for name in ("created_date", "updated_date"):
        assert isinstance(model._meta.get_field(name).db_default, Now)
        assert getattr(model(), name) is None


@pytest.mark.django_db
@pytest.mark.parametrize("model", [model for model in MODELS if model not in (Event, StatisticsChange)])
def test_a_row_needs_only_the_columns_without_a_default(model: type[Any]) -> None:
    """A change of statistics needs one of two: no column has to be there, and yet something has. An event in the feed
    has no default for its key, which is its position.
    """
    required = {column.column: column.name for column in _columns(model) if column.column in _required(model)}
    rows = model.objects.filter(pk=MAKERS[model]().pk)
    values = tuple(
        Json(value) if isinstance(value, dict) else value for value in rows.values_list(*required.values())[0]
    )
    rows.delete()
    quoted = ", ".join(map(connection.ops.quote_name, required))
    given = f"({quoted}) VALUES %(values)s" if required else "DEFAULT VALUES"
    [added] = fetch(f"INSERT INTO {model._meta.db_table} {given} RETURNING id", values=values)
    written, unsaved = model.objects.get(pk=added.id), model()
    for column in _columns(model):
        if column.column not in required and not isinstance(column, StampField):
            assert getattr(written, column.attname) == getattr(unsaved, column.attname)


def _statements() -> list[Any]:
    """Texts of the statements in the domain, with `?` for what is put in."""
    found = []
    for path in sorted(Path(courses.__path__[0]).rglob("*.py")):
        if "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                text = _written_in(node)
                if isinstance(node, ast.expr) and _SQL.search(text):
                    found.append(pytest.param(text, id=f"{path.stem}:{node.lineno}"))
    return found


def _written_in(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_written_in(part) or "?" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("statement", _statements())
def test_a_written_statement_spells_no_rule_and_no_value_of_a_closed_set(statement: str) -> None:
    assert not VALUES & set(re.findall(r"'(\w+)'", statement))
    assert not _RULE.search(statement)


@pytest.mark.parametrize(("model", "named"), _inserts())
def test_a_written_insert_names_every_column_without_a_default(model: type[Model], named: set[str]) -> None:
    assert _required(model) <= named <= {field.column for field in model._meta.concrete_fields}


def test_generated_rows_have_every_column_without_a_default() -> None:
    scale = Scale(courses=1, learners=1, attempts=1, seed=1, until=datetime(2026, 3, 1, tzinfo=UTC))
    for table in tables(scale, Ids(*[1] * len(scale.rows)), Random(1)):
        assert _required(table.model) <= set(table.columns), table.model


def test_there_are_inserts_to_look_at() -> None:
    assert len(_inserts()) >= 5
