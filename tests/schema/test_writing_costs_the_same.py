"""What a mutation costs does not grow with what is there already: 1 or 20 reviews, lessons and questions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Course, User
from schema.core import ids
from tests import factories
from tests.operations import operation

Api = Callable[..., Any]


class Place:
    """A course with `size` lessons, each with an assessment of `size` questions, and with `size` reviews."""

    def __init__(self, size: int) -> None:
        self.author = factories.make_user()
        self.author.user_permissions.add(Permission.objects.get(codename="add_course"))
        self.second = factories.make_user()
        self.course = factories.make_course(instructors=(self.author, self.second))
        self.reviewers = [factories.make_learner(self.course) for _ in range(size)]
        self.reviews = [factories.make_review(reviewer, self.course) for reviewer in self.reviewers]
        self.lessons = [factories.make_lesson(course=self.course) for _ in range(size)]
        self.assessments = [factories.make_assessment(lesson=lesson) for lesson in self.lessons]
        self.questions = [factories.single_choice(self.assessments[0]) for _ in range(size)]
        self.learner = factories.make_learner(self.course)


def _id(row: Any) -> str:
    return ids.encode(type(row).__name__, row.pk)


def _question() -> dict[str, Any]:
    return {"type": "SHORT_ANSWER", "text": "Which?", "answers": [{"text": "this", "isCorrect": True}]}


MUTATIONS: dict[str, Callable[[Place], tuple[User, dict[str, Any]]]] = {
    "create_course": lambda place: (
        place.author,
        {"title": "New", "slug": f"new-{Course.objects.count()}"},
    ),
    "update_course": lambda place: (place.author, {"courseId": _id(place.course), "title": "Better"}),
    "create_lesson": lambda place: (place.author, {"courseId": _id(place.course), "title": "One more"}),
    "update_lesson": lambda place: (place.author, {"lessonId": _id(place.lessons[0]), "title": "Clearer"}),
    "reorder_lessons": lambda place: (
        place.author,
        {"courseId": _id(place.course), "lessonIds": [_id(lesson) for lesson in reversed(place.lessons)]},
    ),
    "delete_lesson": lambda place: (place.author, {"lessonId": _id(place.lessons[0])}),
    "add_instructor": lambda place: (
        place.author,
        {"courseId": _id(place.course), "username": place.learner.username},
    ),
    "remove_instructor": lambda place: (
        place.second,
        {"courseId": _id(place.course), "userId": _id(place.author)},
    ),
    "update_enrollments": lambda place: (
        place.author,
        {"courseId": _id(place.course), "userIds": [_id(place.learner)], "action": "WITHDRAW"},
    ),
    "create_question": lambda place: (
        place.author,
        {"assessmentId": _id(place.assessments[0]), "question": _question()},
    ),
    "delete_question": lambda place: (place.author, {"questionId": _id(place.questions[-1])}),
    "delete_assessment": lambda place: (place.author, {"assessmentId": _id(place.assessments[0])}),
    "create_review": lambda place: (
        place.learner,
        {"courseId": _id(place.course), "rating": 4, "title": "Good", "content": "Well explained."},
    ),
    "update_review": lambda place: (place.reviewers[0], {"reviewId": _id(place.reviews[0]), "rating": 2}),
    "vote_review_helpful": lambda place: (
        place.learner,
        {"reviewId": _id(place.reviews[0]), "helpful": True},
    ),
    "moderate_review": lambda place: (
        place.author,
        {"reviewId": _id(place.reviews[0]), "isApproved": True, "isFeatured": True},
    ),
    "delete_review": lambda place: (place.reviewers[0], {"reviewId": _id(place.reviews[0])}),
}
"""Who does what in a place."""


@pytest.mark.django_db
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_costs_as_many_statements_where_there_are_twenty_of_everything_as_where_there_is_one(
    api: Api, name: str
) -> None:
    counts = []
    for size in (1, 20):
        viewer, given = MUTATIONS[name](Place(size))
        with CaptureQueriesContext(connection) as statements:
            [payload] = api(operation(name), viewer=viewer, input=given).data.values()
        assert payload["userErrors"] == []
        counts.append(len(statements))
    assert counts[0] == counts[1]
