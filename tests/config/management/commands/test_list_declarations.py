"""`manage.py list_declarations`: nothing that is read in batches is left out."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from config.management.commands.list_declarations import listed
from courses.models import Course, User
from schema.dataloaders.base import Declaration, TotalCount
from schema.dataloaders.registry import declarations


def test_every_declaration_in_the_code_of_the_api_is_listed() -> None:
    kinds = [kind.__name__ for kind in _kinds_of(Declaration) if kind is not TotalCount]
    made = re.compile(rf"(?<!class )\b(?:{'|'.join(kinds)})\(")
    sources = sorted((settings.BASE_DIR / "schema").rglob("*.py"))
    assert sum(len(made.findall(path.read_text("utf-8"))) for path in sources) == len(declarations())


def _kinds_of(kind: Any) -> Iterator[Any]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from _kinds_of(narrower)


def test_a_declaration_has_one_name() -> None:
    values = list(declarations().values())
    assert len(set(map(id, values))) == len(values)


@pytest.mark.django_db
def test_every_declaration_is_listed_with_the_sql_of_its_batch() -> None:
    statements = {name: asked for name, _, asked in listed()}
    assert list(statements) == list(declarations())
    assert [name for name, asked in statements.items() if not asked] == []
    assert any('"courses_review"' in asked for asked in statements["reviews.reviews_of_course"])


@pytest.mark.django_db
def test_listing_leaves_nothing_behind() -> None:
    call_command("list_declarations", stdout=StringIO())
    assert not User.objects.exists()
    assert not Course.objects.exists()


@pytest.mark.parametrize("name", [name for name, each in declarations().items() if hasattr(each, "selector")])
def test_rows_are_annotated_alike_for_everybody(name: str) -> None:
    """What is asked of rows is read by its name, also for those who see none of them."""
    selector: Any = getattr(declarations()[name], "selector")  # noqa: B009 - not every declaration has one
    viewers = (None, User(pk=1), User(pk=1, is_staff=True))
    annotated = [set(selector(viewer).query.annotations) for viewer in viewers]
    assert annotated == [annotated[0]] * 3
