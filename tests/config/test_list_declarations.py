"""`manage.py list_declarations`: nothing that is read in batches is left out."""

import gc
from io import StringIO

import pytest
from django.core.management import call_command

from config.management.commands.list_declarations import listed
from courses.models import Course, User
from schema.dataloaders.base import Declaration, TotalCount
from schema.dataloaders.registry import declarations
from schema.root import schema


def test_every_declaration_that_the_schema_uses_is_listed() -> None:
    assert schema is not None
    known = set(map(id, declarations().values()))
    used = [
        found
        for found in gc.get_objects()
        if isinstance(found, Declaration) and not isinstance(found, TotalCount)
    ]
    assert [found for found in used if id(found) not in known] == []


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
