"""Demonstration: courses that are worth taking, and people who take them.

The texts are JSON files beside this module. `load()` is deterministic: everything random is drawn from one seed,
and everything that learners do goes through the services.
"""

from random import Random

from django.db import transaction

from courses.management.demonstration.catalog import load_courses
from courses.management.demonstration.learning import load_learning
from courses.management.demonstration.partners import load_partners
from courses.management.demonstration.people import load_people
from courses.models import Course

SEED = 20260901


def is_loaded() -> bool:
    """Return whether there is anything that a demonstration must not be mixed with."""
    return Course.objects.exists()


@transaction.atomic
def load(*, origin: str) -> None:
    """Create people, courses, a few months of learning, and partners that follow it from `origin`. All or nothing."""
    people = load_people()
    courses = load_courses(instructor=people["instructor"])
    load_learning(courses, people, Random(SEED))  # noqa: S311 - plausible, not secret
    load_partners(courses, people, origin=origin)
