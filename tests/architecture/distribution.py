"""The tables of a distributed PostgreSQL: whether a key of distribution fits the constraints of each.

`uv run python -m tests.architecture.distribution` writes the table into docs/operating/scaling.md anew.

A distributed table needs a column that is never null and part of its primary key, of every unique constraint, and of
both sides of every reference to another distributed table. Adding it to a unique constraint whose columns determine it
changes nothing; otherwise the constraint holds within each key only. Tables without a key are copied to every node.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating" / "scaling.md"
MARKED = re.compile(r"(?<=<!-- distribution -->\n).*?(?=<!-- /distribution -->)", re.DOTALL)

KEYS = {"course": ("courses_course", ("course_id",)), "learner": ("courses_user", ("user_id", "learner_id"))}
"""Each key, with the table whose primary key it is, and the columns that hold it elsewhere."""


@dataclass(frozen=True)
class Way:
    """Columns that lead from a row to its key: one, or references first. Where it is nullable, some rows have none."""

    columns: tuple[str, ...]
    is_nullable: bool

    def __str__(self) -> str:
        held = " → ".join(f"`{column}`" for column in self.columns)
        return ("added, of " if self.is_added else "") + held + (", may be null" if self.is_nullable else "")

    @property
    def is_added(self) -> bool:
        """True where the table has no such column yet."""
        return len(self.columns) > 1


@dataclass(frozen=True)
class Fit:
    """One table under one key."""

    way: Way | None
    lost: tuple[str, ...]
    """Unique constraints that would hold within each key only."""
    crossing: tuple[str, ...]
    """References that lead to rows of other keys, or from a copied table to a distributed one."""
    conditional: tuple[str, ...]
    """References that fit as long as both rows have the same key, which no constraint says yet."""

    def cells(self) -> tuple[str, str]:
        parts = [
            _named("unique", self.lost),
            _named("crosses", self.crossing),
            _named("same key?", self.conditional),
        ]
        return str(self.way) if self.way else "none: copied", "; ".join(filter(None, parts))


def fits(key: str) -> dict[str, Fit]:
    """Fit of each table to one key, by the names of the tables."""
    return {model._meta.db_table: _fit(model, key) for model in _models()}


def way_to(model: "type[Model]", key: str) -> Way | None:
    """The shortest way to the key, over columns that are never null where there is one."""
    table, columns = KEYS[key]
    if model._meta.db_table == table:
        return Way(("id",), False)
    own = [field for field in _columns(model) if field.column in columns]
    if own:
        return Way((own[0].column,), own[0].null)
    for is_nullable in (False, True):
        ways = [
            Way((field.column, *beyond.columns), is_nullable or beyond.is_nullable)
            for field in _references(model)
            if field.null == is_nullable and field.related_model is not model
            if _leads(field, key) and (beyond := way_to(field.related_model, key)) is not None
        ]
        if ways:
            return min(ways, key=lambda way: (way.is_nullable, len(way.columns)))
    return None


def table() -> str:
    """The table in Markdown."""
    course, learner = fits("course"), fits("learner")
    rows = [
        ["table", "by course", "what does not fit", "by learner", "what does not fit"],
        ["---"] * 5,
        *([f"`{name}`", *course[name].cells(), *learner[name].cells()] for name in sorted(course)),
    ]
    lines = ["|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in rows]
    return "\n".join([_summary("course", course), _summary("learner", learner), "", *lines]) + "\n"


def _summary(key: str, found: dict[str, Fit]) -> str:
    ways = [fit.way for fit in found.values() if fit.way is not None]
    nullable = sum(way.is_nullable for way in ways)
    added = sum(way.is_added and not way.is_nullable for way in ways)
    lost = sum(len(fit.lost) for fit in found.values())
    crossing = sum(len(fit.crossing) for fit in found.values())
    conditional = sum(len(fit.conditional) for fit in found.values())
    return (
        f"* By {key}: {len(ways) - added - nullable} tables hold the key, {added} would be given it, in {nullable} it "
        f"may be null, and {len(found) - len(ways)} are copied. {lost} unique constraints would hold within a {key} "
        f"only, {crossing} references cross, and {conditional} need both rows to have the same {key}."
    )


def _models() -> "list[type[Model]]":
    from django.apps import apps

    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def _columns(model: "type[Model]") -> list[Any]:
    return list(model._meta.concrete_fields)


def _references(model: "type[Model]") -> list[Any]:
    return [field for field in _columns(model) if field.is_relation]


def _leads(field: Any, key: str) -> bool:
    """Owner of a row: not whoever else has acted on it, whom only columns of other names hold."""
    table, columns = KEYS[key]
    return field.related_model._meta.db_table != table or field.column in columns


def _fit(model: "type[Model]", key: str) -> Fit:
    way = way_to(model, key)
    if way is None:
        distributed = (field.name for field in _references(model) if way_to(field.related_model, key))
        return Fit(None, (), tuple(distributed), ())
    lost = tuple(name for name, columns in _unique(model) if not columns & {way.columns[0], "id"})
    crossing: list[str] = []
    conditional: list[str] = []
    for field in _references(model):
        if field.column == way.columns[0] or way_to(field.related_model, key) is None:
            continue
        is_key = field.related_model._meta.db_table == KEYS[key][0]
        (crossing if is_key else conditional).append(field.name)
    return Fit(way, lost, tuple(crossing), tuple(conditional))


def _unique(model: "type[Model]") -> Iterator[tuple[str, set[str]]]:
    """The unique constraints beside the primary key: their names, and columns as far as they are plain."""
    from django.db.models import UniqueConstraint

    columns: dict[str, str] = {}
    for field in _columns(model):
        columns[field.name] = field.column
        if field.unique and not field.primary_key:
            yield field.column, {field.column}
    for names in model._meta.unique_together:
        yield "_".join(names), {columns[name] for name in names}
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield constraint.name, {columns[name] for name in constraint.fields}


def _named(label: str, names: tuple[str, ...]) -> str:
    return f"{label} {', '.join(f'`{name}`' for name in names)}" if names else ""


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PAGE.write_text(MARKED.sub(lambda _: table(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
