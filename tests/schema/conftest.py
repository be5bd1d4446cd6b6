"""A world with one of everything, and the kinds of people who look at it."""

from typing import Any

import pytest

from courses.models import User
from courses.services.statistics import refresh_all
from schema.core import ids
from tests import factories
from tests.taking import six_types


@pytest.fixture
def people(db: None) -> dict[str, User | None]:
    return {
        "anonymous": None,
        "learner": factories.make_user(),
        "classmate": factories.make_user(),
        "learner of another course": factories.make_user(),
        "instructor": factories.make_user(),
        "instructor of another course": factories.make_user(),
        "moderator": factories.make_staff(),
        "superuser": factories.make_user(is_staff=True, is_superuser=True),
    }


@pytest.fixture
def rows(people: dict[str, Any]) -> dict[str, str]:
    """The global id of one of everything, by the name of its type."""
    learner = people["learner"]
    course = factories.make_course(instructors=(people["instructor"],))
    other = factories.make_course(instructors=(people["instructor of another course"],))
    lesson = factories.make_lesson(course=course, content="How to grind.")
    resource = factories.make_resource(lesson=lesson)
    assessment = six_types(lesson=lesson, max_attempts=3, show_results=False)
    enrollment = factories.enroll(learner, course)
    factories.enroll(people["classmate"], course)
    factories.enroll(people["learner of another course"], other)
    attempt = factories.make_attempt(learner, assessment, ip_address="192.0.2.7", user_agent="A browser")
    task = factories.answer(attempt, assessment.questions.get(question_text="Essay?"), {"text": "Mine."})
    attempt.complete()
    question = assessment.questions.first()
    assert question is not None
    refresh_all()
    found = {
        "User": learner,
        "Course": course,
        "Lesson": lesson,
        "Resource": resource,
        "Enrollment": enrollment,
        "Assessment": assessment,
        "Question": question,
        "Answer": question.answers.first(),
        "AssessmentAttempt": attempt,
        "GradingTask": task,
        "Review": factories.make_review(learner, course, is_approved=False, moderation_notes="Rude?"),
        "Note": factories.make_note(learner, lesson),
        "UserActivity": factories.make_activity(learner, course=course),
        "Notification": factories.make_notification(learner),
        "AccessToken": factories.make_access_token(learner, "cat_secret", scopes=["courses:read"]),
    }
    return {name: ids.encode(name, row.pk) for name, row in found.items() if row is not None}
