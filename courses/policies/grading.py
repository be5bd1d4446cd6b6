"""Who may grade. Over stored answers, or about a person where it says so."""

from django.db.models import Q

from courses.models import Course
from courses.policies.authoring import may_create_courses
from courses.policies.participation import Viewer, teaches

COURSE_OF_ANSWER = "attempt__assessment__lesson__course_id"


def may_grade(viewer: Viewer) -> Q:
    """The staff of the course, and nobody else."""
    return teaches(viewer, COURSE_OF_ANSWER)


def may_try_keys(viewer: Viewer) -> bool:
    """Whoever teaches a course, or may create one: people who write keys."""
    if viewer is None:
        return False
    return may_create_courses(viewer) or Course.objects.filter(instructors=viewer).exists()
