"""The loop over the event feed that the documentation shows misses nothing and handles nothing twice."""

from typing import Any

import pytest

from courses.models import Course, User
from schema.core import ids
from tests import factories
from tests.clients.python.follow import follow
from tests.people import make_instructor
from tests.taking import Api


class Stopped(Exception):  # noqa: N818 - a test that is over is no error
    """The program was stopped."""


class Program:
    """A program of a teacher's that stores what it handles together with the cursor."""

    def __init__(self, api: Api, viewer: User) -> None:
        self._api, self._viewer = api, viewer
        self.subjects: list[str] = []
        self.cursor: str | None = None

    def run(self, *, pages: int) -> None:
        """Follow the feed until so many pages are stored, and the next one is there."""

        def handle(events: list[Any], cursor: str) -> None:
            nonlocal pages
            if pages == 0:
                raise Stopped
            pages -= 1
            self.subjects += [event["subjectId"] for event in events]
            self.cursor = cursor

        with pytest.raises(Stopped):
            follow(self._ask, handle, self.cursor, pause=lambda: None)

    def _ask(self, query: str, variables: dict[str, Any]) -> Any:
        return self._api(query, self._viewer, **variables).data


def changes(course: Course, number: int) -> list[str]:
    """The subjects of so many new events."""
    return [
        ids.encode("Course", factories.make_event(course, subject_id=subject).subject_id)
        for subject in range(1, number + 1)
    ]


@pytest.mark.django_db
def test_every_event_is_handled_once_also_by_a_program_that_is_stopped(api: Api) -> None:
    instructor = make_instructor()
    course = factories.make_course(instructors=(instructor,))
    program, expected = Program(api, instructor), changes(course, 220)

    program.run(pages=1)
    assert program.subjects == expected[:100]
    program.run(pages=2)
    assert program.subjects == expected
    expected += changes(course, 2)
    program.run(pages=2)

    assert program.subjects == expected
