"""The migration that makes words comparable mends what was stored before, and nothing else."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

migration = importlib.import_module("courses.migrations.0008_words")
BEFORE = migration.Migration.dependencies
AFTER = [("courses", migration.__name__.rpartition(".")[2])]


@pytest.fixture
def models_before(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The models as they were, over a database of their own."""
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        _execute(f'DROP DATABASE IF EXISTS "{name}_before"')
        _execute(f'CREATE DATABASE "{name}_before"')
        _connect_to(f"{name}_before")
        yield _migrated_to(BEFORE)
        _connect_to(name)
        _execute(f'DROP DATABASE "{name}_before"')
        connection.close()


def _connect_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(statement)


def _migrated_to(targets: list[tuple[str, str]]) -> Any:
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def test_what_shows_nothing_gets_a_stand_in_or_goes_and_all_else_stays(models_before: Any) -> None:
    user, course, lesson, note, review = (
        models_before.get_model("courses", name) for name in ("User", "Course", "Lesson", "Note", "Review")
    )
    person = user.objects.create(username="ada", display_name="\u200b")
    tea = course.objects.create(slug="tea", title="Tea")
    place = {"user": person, "lesson": lesson.objects.create(course=tea, title="Leaves", order=1)}
    review.objects.create(user=person, course=tea, rating=5, title="\u3164", content="I liked it.")
    note.objects.create(**place, content="\u200b \u00ad", tags=["b", "\u3164", "CAFE\u0301", "a", "café"])
    note.objects.create(**place, content=" kept ", tags=["b", "a"])
    note.objects.create(**place, content="Tagged.", tags=["\u200b"])

    after = _migrated_to(AFTER)

    assert list(after.get_model("courses", "Note").objects.order_by("pk").values_list("content", "tags")) == [
        ("(empty)", ["b", "CAFE\u0301", "a"]),
        (" kept ", ["b", "a"]),
        ("Tagged.", []),
    ]
    assert after.get_model("courses", "User").objects.get().display_name == ""
    assert after.get_model("courses", "Review").objects.get().title == ""
    _migrated_to(BEFORE)
