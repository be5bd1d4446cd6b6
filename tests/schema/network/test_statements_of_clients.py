"""Queries of clients over HTTP: at most three statements each, token and payload included, whatever is shown."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from graphql import OperationType

from courses.constants import Scope
from courses.models import AssessmentAttempt, Course, User
from courses.services.statistics import refresh_all
from schema.application import GraphQLApplication
from schema.core import ids
from schema.root import schema
from tests import factories
from tests.operations import operation
from tests.schema.test_operations import NAMES
from tests.schema.threats.test_fuzzed_operations import definition_of

QUERIES = [name for name in NAMES if definition_of(name).operation is OperationType.QUERY]

MOST = 3
BY_SEVERAL = {"events": 2, "item_analysis": 2}
"""Queries of more than one statement: the token's, and the one that is finished on a database thread."""

pytestmark = [pytest.mark.django_db, pytest.mark.compiled]


@pytest.fixture
def application() -> GraphQLApplication:
    return GraphQLApplication(schema)


class World:
    """Courses that one person takes and teaches, each with one of everything that queries list."""

    def __init__(self) -> None:
        self.viewer = factories.make_user(display_name="Mira Lindholt")
        self.first = self._course()
        self.attempt = AssessmentAttempt.objects.earliest("pk")

    def grow(self, number: int) -> None:
        """Add so many lessons with all that belongs to them, half of them to the first course."""
        for place in range(number):
            self._fill(self.first if place % 2 else self._course())

    def _course(self) -> Course:
        course = factories.make_course(instructors=(self.viewer,))
        factories.enroll(self.viewer, course)
        self._fill(course)
        return course

    def _fill(self, course: Course) -> None:
        lesson = factories.make_lesson(course=course)
        assessment = factories.make_assessment(lesson=lesson, max_attempts=3)
        factories.single_choice(assessment)
        essay = factories.essay(assessment)
        for text in ("Because.", "I said so."):
            attempt = factories.make_attempt(self.viewer, assessment)
            factories.answer(attempt, essay, {"text": text})
            attempt.complete()
        other = factories.make_learner(course)
        factories.make_review(other, course, is_approved=False)
        factories.make_review(factories.make_learner(course), course)
        factories.make_note(self.viewer, lesson)
        factories.make_notification(self.viewer, course=course)
        factories.make_activity(self.viewer, course=course, lesson=lesson, assessment=assessment)

    def variables(self, name: str) -> dict[str, Any]:
        """The values of an operation's variables, as many rows as there are."""
        values = {
            "id": ids.encode("AssessmentAttempt", self.attempt.pk),
            "slug": self.first.slug,
            "courseId": ids.encode("Course", self.first.pk),
            "learnerId": ids.encode("User", self.attempt.user_id),
            "first": 25,
            "reviews": 10,
        }
        return {key: value for key, value in values.items() if key in _variables_of(name)}


def _variables_of(name: str) -> set[str]:
    return {each.variable.name.value for each in definition_of(name).variable_definitions or ()}


SECRET = "cat_" + "s" * 40


@pytest.fixture
def cost_of(post: Callable[..., httpx.Response]) -> Callable[..., int]:
    """`cost_of(name, world)` is the number of statements of an operation that was asked before."""

    def cost(name: str, world: World) -> int:
        asked = {"variables": world.variables(name), "headers": {"Authorization": f"Bearer {SECRET}"}}
        for _ in range(3):  # the document is read, and the token is seen for the first time
            with CaptureQueriesContext(connection) as run:
                response = post(operation(name), **asked)
            assert "errors" not in response.json()
        return len(run)

    return cost


def _sign_in(viewer: User) -> None:
    factories.make_access_token(viewer, SECRET, scopes=Scope.values, last_used_at=Now())


@pytest.mark.parametrize("is_staff", [False, True], ids=["person", "staff"])
def test_a_query_of_clients_is_few_statements_for_one_parent_and_for_twenty(
    cost_of: Any, is_staff: bool
) -> None:
    world = World()
    User.objects.filter(pk=world.viewer.pk).update(is_staff=is_staff)
    _sign_in(world.viewer)
    refresh_all()
    few = {name: cost_of(name, world) for name in QUERIES}
    world.grow(20)
    refresh_all()
    many = {name: cost_of(name, world) for name in QUERIES}
    assert few == {name: BY_SEVERAL.get(name, 1) for name in QUERIES}
    assert many == few
    assert max(few.values()) <= MOST
