"""An assessment with all six types of question, and the people around it."""

from dataclasses import dataclass

import pytest

from courses.models import Assessment, User
from tests import factories
from tests.taking import six_types


@dataclass(frozen=True)
class People:
    """Everybody who might look at an attempt of `learner`."""

    learner: User
    classmate: User
    other_learner: User
    instructor: User
    other_instructor: User
    moderator: User
    superuser: User
    anonymous: None = None


@pytest.fixture
def assessment(db: None) -> Assessment:
    return six_types(max_attempts=2, time_limit=30, passing_score=50)


@pytest.fixture
def people(assessment: Assessment) -> People:
    course, other_course = assessment.lesson.course, factories.make_course()
    found = People(
        learner=factories.make_learner(course, display_name="Ada"),
        classmate=factories.make_learner(course),
        other_learner=factories.make_learner(other_course),
        instructor=factories.make_user(display_name="Ms Brown"),
        other_instructor=factories.make_user(),
        moderator=factories.make_staff(),
        superuser=factories.make_user(is_superuser=True, is_staff=True),
    )
    course.instructors.add(found.instructor)
    other_course.instructors.add(found.other_instructor)
    return found


@pytest.fixture
def learner(people: People) -> User:
    return people.learner
