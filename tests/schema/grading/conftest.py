"""Fixtures: one course with work to grade, and everybody who might look at it."""

from dataclasses import dataclass

import pytest

from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, Course, User
from tests import factories
from tests.people import People


@dataclass(frozen=True)
class Graded:
    """An assessment with a single choice of four points and an essay of three, and an attempt handed in."""

    assessment: Assessment
    attempt: AssessmentAttempt
    task: AttemptAnswer
    people: People

    def __getitem__(self, name: str) -> User | None:
        """The person who is called that here; None is nobody signed in."""
        return self.people[name]


@pytest.fixture
def graded(course: Course, people: People) -> Graded:
    """The learner picked wrongly and wrote an essay, which waits."""
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course), max_attempts=1)
    single = factories.single_choice(assessment, right="Paris", wrong=("Lyon",), points=4)
    essay = factories.essay(assessment, points=3, question_text="Why?")
    attempt = factories.make_attempt(people.learner, assessment)
    factories.pick(attempt, single, "Lyon")
    task = factories.answer(attempt, essay, {"text": "Because."})
    attempt.complete()
    return Graded(assessment, attempt, task, people)
