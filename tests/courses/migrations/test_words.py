"""The migration that makes words comparable mends what was stored before, and nothing else."""

import importlib
from typing import Any

import pytest

from tests.courses.migrations.databases import migrated_to

migration = importlib.import_module("courses.migrations.0008_words")
BEFORE = migration.Migration.dependencies
AFTER = [("courses", migration.__name__.rpartition(".")[2])]


@pytest.fixture
def models_before(database_of_its_own: None) -> Any:
    """The models as they were, over a database of their own."""
    return migrated_to(BEFORE)


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

    after = migrated_to(AFTER)

    assert list(after.get_model("courses", "Note").objects.order_by("pk").values_list("content", "tags")) == [
        ("(empty)", ["b", "CAFE\u0301", "a"]),
        (" kept ", ["b", "a"]),
        ("Tagged.", []),
    ]
    assert after.get_model("courses", "User").objects.get().display_name == ""
    assert after.get_model("courses", "Review").objects.get().title == ""
    migrated_to(BEFORE)
