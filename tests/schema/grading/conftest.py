"""One course with work to grade, and everybody who might look at it."""

from dataclasses import dataclass

import pytest

from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, User
from tests import factories


@dataclass(frozen=True)
class Graded:
    """An assessment with a single choice of four points and an essay of three, and an attempt handed in."""

    assessment: Assessment
    attempt: AssessmentAttempt
    task: AttemptAnswer
    people: dict[str, User | None]

    def __getitem__(self, name: str) -> User | None:
        """The person who is called that here; None is nobody signed in."""
        return self.people[name]


@pytest.fixture
def graded(db: None) -> Graded:
    """The learner picked wrongly and wrote an essay, which waits."""
    instructor, other_instructor = factories.make_user(display_name="Ines"), factories.make_user()
    people: dict[str, User | None] = {
        "anonymous": None,
        "instructor": instructor,
        "instructor of another course": other_instructor,
        "moderator": factories.make_staff(),
        "superuser": factories.make_user(is_staff=True, is_superuser=True),
    }
    course = factories.make_course(instructors=(instructor,))
    other_course = factories.make_course(instructors=(other_instructor,))
    learner = factories.make_learner(course, display_name="Lea")
    people["learner"] = learner
    people["classmate"] = factories.make_learner(course)
    people["learner of another course"] = factories.make_learner(other_course)
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course), max_attempts=1)
    single = factories.single_choice(assessment, right="Paris", wrong=("Lyon",), points=4)
    essay = factories.essay(assessment, points=3, question_text="Why?")
    attempt = factories.make_attempt(learner, assessment)
    factories.pick(attempt, single, "Lyon")
    task = factories.answer(attempt, essay, {"text": "Because."})
    attempt.complete()
    return Graded(assessment, attempt, task, people)
