"""Fixtures: a course, the people around it, and one of everything."""

import pytest

from courses.constants import ExportKind
from courses.models import Course, Export, User
from courses.services.statistics import refresh_all
from schema.core import ids
from tests import factories
from tests.people import People, make_instructor, people_of
from tests.taking import six_types


@pytest.fixture
def course(db: None) -> Course:
    return factories.make_course(instructors=(make_instructor(),))


@pytest.fixture
def people(course: Course) -> People:
    return people_of(course)


@pytest.fixture
def learner(people: People) -> User:
    return people.learner


@pytest.fixture
def rows(course: Course, learner: User) -> dict[str, str]:
    """The global id of one of everything that the learner or the course has, by the name of its type."""
    lesson = factories.make_lesson(course=course, content="How to grind.")
    resource = factories.make_resource(lesson=lesson)
    assessment = six_types(lesson=lesson, max_attempts=3, show_results=False)
    attempt = factories.make_attempt(learner, assessment, ip_address="192.0.2.7", user_agent="A browser")
    task = factories.answer(attempt, assessment.questions.get(question_text="Essay?"), {"text": "Mine."})
    attempt.complete()
    accommodation = factories.accommodate(learner, assessment, extra_minutes=10, reason="A broken arm.")
    question = assessment.questions.first()
    assert question is not None
    refresh_all()
    endpoint = factories.make_webhook_endpoint(learner)
    found = {
        "User": learner,
        "Course": course,
        "Lesson": lesson,
        "Resource": resource,
        "Enrollment": learner.enrollments.get(),
        "Assessment": assessment,
        "Question": question,
        "Answer": question.answers.first(),
        "AssessmentAttempt": attempt,
        "GradingTask": task,
        "Review": factories.make_review(learner, course, is_approved=False, moderation_notes="Rude?"),
        "Note": factories.make_note(learner, lesson),
        "UserActivity": factories.make_activity(learner, course=course),
        "Notification": factories.make_notification(learner),
        "Accommodation": accommodation,
        "AccessToken": factories.make_access_token(learner, "cat_secret", scopes=["courses:read"]),
        "Export": Export.objects.create(user=learner, kind=ExportKind.REVIEWS),
        "WebhookEndpoint": endpoint,
        "WebhookDelivery": factories.make_delivery(endpoint),
    }
    return {name: ids.encode(name, row.pk) for name, row in found.items() if row is not None}
