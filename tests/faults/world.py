"""Course that savers take, made once for a server: many assessments of two attempts each, and crews of learners."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

SAVERS = 8
CREWS = 20
"""How many times eight learners there are: each load has learners who have done nothing yet."""
ASSESSMENTS = 50
ATTEMPTS_OF_EACH = 2
PASSING_SCORE = 60

MAKE = """
import json, sys, django
django.setup()
from courses.constants import Scope
from courses.models import AccessToken, Enrollment, User
from courses.services.token_authentication import digest_of
from tests import factories

asked = json.loads(sys.argv[1])
course = factories.make_course(instructors=(factories.make_user(),))
assessments = []
for _ in range(asked["assessments"]):
    lesson = factories.make_lesson(course=course)
    made = factories.make_assessment(
        lesson=lesson, max_attempts=asked["attempts"], time_limit=60, passing_score=asked["passing_score"]
    )
    cities = ["Oslo", "Rome", "Bern"]
    questions = [
        (factories.single_choice(made, right="Oslo", wrong=("Rome", "Bern"), points=1), "Oslo", cities),
        (factories.single_choice(made, right="Bern", wrong=("Oslo", "Rome"), points=2), "Bern", cities),
        (factories.short_answer(made, "osmosis", points=3), "osmosis", ["osmosis", "diffusion"]),
        (factories.short_answer(made, "nobody says this", points=1), "nobody says this", []),
    ]
    asked_of_it = [(each.pk, each.points, right, offers) for each, right, offers in questions]
    assessments.append((made.pk, lesson.pk, asked_of_it))
numbers = range(asked["learners"])
learners = User.objects.bulk_create(User(username=f"saver{n}", email=f"saver{n}@example.org") for n in numbers)
Enrollment.objects.bulk_create(Enrollment(user=each, course=course, status="active") for each in learners)
people = [*course.instructors.all(), *learners]
secrets = {person.pk: f"cat_of_a_saver_in_faults_{person.pk}" for person in people}
AccessToken.objects.bulk_create(
    AccessToken(
        user=each, name="faults", prefix="cat_of", digest=digest_of(secrets[each.pk]), scopes=sorted(Scope.values)
    )
    for each in people
)
print(json.dumps({"course": course.pk, "people": list(secrets.items()), "assessments": assessments}))
"""


@dataclass(frozen=True)
class Asked:
    """Question that savers answer. One that offers nothing is answered by a text that nobody else sends."""

    pk: int
    points: int
    right: str
    offers: tuple[str, ...]


@dataclass(frozen=True)
class Taken:
    """Assessment that savers take."""

    pk: int
    lesson: int
    questions: tuple[Asked, ...]

    @property
    def max_score(self) -> int:
        return sum(question.points for question in self.questions)


@dataclass(frozen=True)
class Person:
    """Somebody with a token of every scope."""

    pk: int
    token: str


@dataclass(frozen=True)
class World:
    """Everything that savers know beforehand."""

    course: int
    instructor: Person
    assessments: tuple[Taken, ...]
    crews: tuple[tuple[Person, ...], ...]
    passing_score: int = PASSING_SCORE
    attempts_of_each: int = ATTEMPTS_OF_EACH

    def assessment(self, pk: int) -> Taken:
        return next(each for each in self.assessments if each.pk == pk)


def made_by(script: str, environment: Mapping[str, str], asked: Mapping[str, int] | None = None) -> Any:
    """Run a script in the database of an environment, which is migrated, and return what it prints as JSON."""
    made = subprocess.run(
        [sys.executable, "-c", script, json.dumps(asked or {})],
        cwd=settings.BASE_DIR,
        env=dict(environment),
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def make_world(environment: Mapping[str, str]) -> World:
    """Make it in the database of an environment, which is migrated."""
    asked = {
        "assessments": ASSESSMENTS,
        "attempts": ATTEMPTS_OF_EACH,
        "passing_score": PASSING_SCORE,
        "learners": CREWS * SAVERS,
    }
    rows = made_by(MAKE, environment, asked)
    instructor, *learners = (Person(*each) for each in rows["people"])
    return World(
        course=rows["course"],
        instructor=instructor,
        assessments=tuple(
            Taken(
                assessment,
                lesson,
                tuple(map(_asked, questions)),
            )
            for assessment, lesson, questions in rows["assessments"]
        ),
        crews=tuple(tuple(learners[crew * SAVERS : (crew + 1) * SAVERS]) for crew in range(CREWS)),
    )


def _asked(row: tuple[int, int, str, list[str]]) -> Asked:
    pk, points, right, offers = row
    return Asked(pk, points, right, tuple(offers))
