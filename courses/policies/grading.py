"""Permission to grade, and states of grading. Over stored responses, or over users or attempts where it says so."""

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from courses.models import AttemptAnswer, Course
from courses.models.attempts import UNGRADED
from courses.policies.authoring import may_create_courses
from courses.policies.participation import Viewer, teaches

COURSE_OF_ANSWER = "attempt__assessment__lesson__course_id"

_UNGRADED = AttemptAnswer.objects.filter(UNGRADED, attempt=OuterRef("pk"))

HAS_UNGRADED = Q(Exists(_UNGRADED))
"""A response waits for a person. Over attempts."""
FULLY_GRADED = Q(is_completed=True) & ~HAS_UNGRADED
"""Completed, with no response that waits for a person: the result is final, and counts. Over attempts."""
WAITS_FOR_A_PERSON = Q(is_completed=True) & Q(IsNull(Subquery(_UNGRADED.values("pk")[:1]), False))
"""Completed, with a response that waits for a person. Over attempts, few of them: responses are looked up attempt by
attempt, where for EXISTS PostgreSQL may read the ungraded responses of all attempts at once.
"""


def may_grade(viewer: Viewer) -> Q:
    """Return a predicate: the viewer is staff of the course."""
    return teaches(viewer, COURSE_OF_ANSWER)


def may_try_keys(viewer: Viewer) -> bool:
    """Return whether the viewer teaches a course, or may create one."""
    if viewer is None:
        return False
    return may_create_courses(viewer) or Course.objects.filter(instructors=viewer).exists()
