"""People of the tests, each described once; those of the demonstration have its names."""

from dataclasses import dataclass, fields
from typing import Any

from courses.models import Course, User
from tests import factories


@dataclass(frozen=True)
class People:
    """Everybody who might look at what is `learner`'s in a course. They are found by their names as well."""

    learner: User
    """Takes the course."""
    classmate: User
    """Takes it too."""
    learner_elsewhere: User
    """Takes another course, and no part in this one."""
    instructor: User
    """Teaches the course."""
    instructor_elsewhere: User
    """Teaches the other course."""
    moderator: User
    """Is of the platform's staff."""
    admin: User
    """May do everything."""
    anonymous: None = None
    """Is not signed in."""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


EVERYBODY = tuple(field.name for field in fields(People))


def make_instructor() -> User:
    return factories.make_user(display_name="Dr Ines Falkner")


def people_of(course: Course) -> People:
    """Everybody around a course, and around another one that is made for it. The course's own instructor stays."""
    elsewhere = factories.make_course(instructors=(factories.make_user(),))
    if not course.instructors.exists():
        course.instructors.add(make_instructor())
    return People(
        learner=factories.make_learner(course, display_name="Mira Lindholt"),
        classmate=factories.make_learner(course, display_name="Tomás Arrieta"),
        learner_elsewhere=factories.make_learner(elsewhere),
        instructor=course.instructors.get(),
        instructor_elsewhere=elsewhere.instructors.get(),
        moderator=factories.make_staff(display_name="Kofi Adomako"),
        admin=factories.make_staff(is_superuser=True, display_name="Ruth Pemberley"),
    )
