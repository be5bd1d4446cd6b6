"""Who finds a person by what that person wrote, also after the person left the course."""

from dataclasses import dataclass
from typing import Any

import pytest

from courses.models import Course, Lesson, User
from schema.core import ids
from tests import factories
from tests.people import EVERYBODY, people_of


@dataclass(frozen=True)
class World:
    """A course, and an author who has withdrawn from it."""

    lesson: Lesson
    author: User
    viewers: dict[str, User | None]

    @property
    def course(self) -> Course:
        return self.lesson.course


@pytest.fixture
def world(db: None) -> World:
    course = factories.make_course(instructors=(factories.make_user(),))
    author = factories.make_user()
    factories.enroll(author, course, status="withdrawn")
    people = people_of(course)
    viewers = {name: people[name] for name in EVERYBODY if name not in ("learner", "admin")}
    return World(factories.make_lesson(course=course), author, viewers | {"author": author})


def _who_finds(api: Any, world: World) -> set[str]:
    author = {"id": ids.encode("User", world.author.pk)}
    document = "query ($id: ID!) { node(id: $id) { id } }"
    return {
        name for name, viewer in world.viewers.items() if api(document, viewer, **author)["node"] == author
    }


def test_who_wrote_nothing_is_found_by_staff_only_after_leaving(api: Any, world: World) -> None:
    assert _who_finds(api, world) == {"author", "moderator"}


def test_the_author_of_a_public_note_is_found_by_the_people_of_its_course(api: Any, world: World) -> None:
    factories.make_note(world.author, world.lesson, is_private=False)
    assert _who_finds(api, world) == {"author", "classmate", "instructor", "moderator"}


def test_a_private_note_shows_its_author_to_nobody(api: Any, world: World) -> None:
    factories.make_note(world.author, world.lesson)
    assert _who_finds(api, world) == {"author", "moderator"}


def test_the_author_of_a_review_that_waits_is_found_by_the_instructor(api: Any, world: World) -> None:
    factories.make_review(world.author, world.course, is_approved=False)
    assert _who_finds(api, world) == {"author", "instructor", "moderator"}


def test_the_author_of_an_approved_review_is_found_by_everybody(api: Any, world: World) -> None:
    factories.make_review(world.author, world.course)
    assert _who_finds(api, world) == set(world.viewers)


def test_an_approved_review_of_a_draft_shows_its_author_to_those_who_teach_it(api: Any, world: World) -> None:
    factories.make_review(world.author, world.course)
    Course.objects.update(is_published=False)
    assert _who_finds(api, world) == {"author", "instructor", "moderator"}
