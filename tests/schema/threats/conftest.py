"""Fixtures of threats: a confidential course with everything in it, and attackers."""

from dataclasses import dataclass
from typing import Any

import pytest

from courses.constants import ExportKind
from courses.models import Answer, AttemptAnswer, Course, Export, User
from schema.core import ids
from schema.root import schema
from tests import factories
from tests.schema.network.conftest import application, post, send  # noqa: F401 - fixtures
from tests.schema.walk import Walk
from tests.taking import six_types


@dataclass(frozen=True)
class World:
    """`learner` owns one of everything in `course`; `stranger` takes another course and owns nothing here."""

    course: Course
    learner: User
    stranger: User
    admin: User
    rows: dict[str, int]
    """The primary key of one row of each type, by the name of the type."""

    def id_of(self, type_name: str) -> str:
        return ids.encode(type_name, self.rows[type_name])


TYPE_OF_ID = {
    "courseId": "Course",
    "lessonId": "Lesson",
    "resourceId": "Resource",
    "assessmentId": "Assessment",
    "questionId": "Question",
    "attemptId": "AssessmentAttempt",
    "taskId": "GradingTask",
    "reviewId": "Review",
    "noteId": "Note",
    "notificationId": "Notification",
    "accessTokenId": "AccessToken",
    "userId": "User",
    "accommodationId": "Accommodation",
    "webhookEndpointId": "WebhookEndpoint",
}
"""The names under which inputs take ids, and of which type the ids are."""


@pytest.fixture
def world(db: None) -> World:
    course = factories.make_course(is_published=False)
    lesson = factories.make_lesson(course=course)
    assessment = six_types(lesson=lesson, max_attempts=1)
    learner, stranger = (
        factories.make_learner(course),
        factories.make_learner(factories.make_course(is_published=False)),
    )
    attempt = factories.make_attempt(learner, assessment)
    essay = assessment.questions.get(question_text="Essay?")
    key = Answer.objects.filter(question__assessment=assessment, is_correct=True)
    factories.answer(attempt, essay, {"text": "My secret thoughts."})
    attempt.complete()
    token = factories.make_access_token(learner, "cat_" + "a" * 40, name="My secret token")
    endpoint = factories.make_webhook_endpoint(learner)
    return World(
        course=course,
        learner=learner,
        stranger=stranger,
        admin=factories.make_user(is_superuser=True, is_staff=True),
        rows={
            "Course": course.pk,
            "Lesson": lesson.pk,
            "Resource": factories.make_resource(lesson=lesson).pk,
            "Assessment": assessment.pk,
            "Question": essay.pk,
            "Answer": key.values_list("pk", flat=True)[0],
            "AssessmentAttempt": attempt.pk,
            "GradingTask": AttemptAnswer.objects.get(attempt=attempt, question=essay).pk,
            "Review": factories.make_review(learner, course, is_approved=False).pk,
            "Note": factories.make_note(learner, lesson, is_private=False).pk,
            "Notification": factories.make_notification(learner, course=course).pk,
            "AccessToken": token.pk,
            "Export": Export.objects.create(user=learner, kind=ExportKind.REVIEWS).pk,
            "WebhookEndpoint": endpoint.pk,
            "WebhookDelivery": factories.make_delivery(endpoint).pk,
            "Accommodation": factories.accommodate(learner, course, extra_minutes=5).pk,
            "Enrollment": learner.enrollments.get().pk,
            "User": learner.pk,
            "UserActivity": factories.make_activity(learner, course=course).pk,
        },
    )


def walk_with(ids_by_name: dict[str, str]) -> Walk:
    """Documents and inputs for the whole schema, whose ids are these."""
    lists = {"questionIds": [ids_by_name["questionId"]]}
    rest = {"response": {"text": "anything"}, "baseRevision": None, "idempotencyKey": None}
    return Walk(schema._schema, ids_by_name | lists | rest)


def failures(answer: Any) -> list[tuple[str, str]]:
    """Every refusal of an answer, top-level or in a payload: its code and what is said."""
    found = [(error["extensions"]["code"], error["message"]) for error in answer.errors]
    for payload in (answer.data or {}).values():
        if isinstance(payload, dict):
            found += [(error["code"], error["message"]) for error in payload.get("userErrors", ())]
    return found
