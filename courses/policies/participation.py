"""Participation in a course: teaching it, taking it, seeing it."""

from django.db.models import BooleanField, Exists, OuterRef, Q, Value

from courses.constants import EnrollmentStatus
from courses.models import Course, Enrollment, User

Viewer = User | None

TAKES = ~Q(status=EnrollmentStatus.WITHDRAWN)
"""Enrolled in the course, and not withdrawn. Over enrolments."""
HAS_COMPLETED = Q(status=EnrollmentStatus.COMPLETED)
"""Has completed the course. Over enrolments."""

NEVER = Q(Value(False, output_field=BooleanField()))
ALWAYS = Q(Value(True, output_field=BooleanField()))


def is_platform_staff(viewer: Viewer) -> bool:
    """Return whether the viewer is signed in as staff of the platform."""
    return viewer is not None and viewer.is_staff


def teaches(viewer: Viewer, course: str = "pk") -> Q:
    """Return a predicate: the viewer is staff of the course, as one of its instructors or as platform staff."""
    if viewer is None:
        return NEVER
    if viewer.is_staff:
        return ALWAYS
    return instructs(viewer, course)


def instructs(viewer: User, course: str = "pk") -> Q:
    """Return a predicate: the viewer is named as an instructor of the course."""
    instructors = Course.instructors.through._default_manager
    return Q(Exists(instructors.filter(course_id=OuterRef(course), user_id=viewer.pk)))


def takes(viewer: Viewer, course: str = "pk") -> Q:
    """Return a predicate: the viewer is enrolled in the course and has not withdrawn."""
    if viewer is None:
        return NEVER
    enrollments = Enrollment.objects.filter(course_id=OuterRef(course), user_id=viewer.pk)
    return Q(Exists(enrollments.filter(TAKES)))


def has_ever_taken(viewer: Viewer, course: str = "pk") -> Q:
    """Return a predicate: the viewer is or was enrolled in the course."""
    if viewer is None:
        return NEVER
    return Q(Exists(Enrollment.objects.filter(course_id=OuterRef(course), user_id=viewer.pk)))


def takes_part(viewer: Viewer, course: str = "pk") -> Q:
    """Return a predicate: the viewer takes or teaches the course, and so may read its lessons and public notes."""
    return takes(viewer, course) | teaches(viewer, course)


def may_see_course(viewer: Viewer, course: str = "pk", *, is_published: str = "is_published") -> Q:
    """Return a predicate: the course is published, or the viewer takes or teaches it."""
    return Q((is_published, True)) | takes_part(viewer, course)
