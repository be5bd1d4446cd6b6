"""Courses, lessons, resources and enrolments, narrowed to a viewer."""

from typing import TypeAlias, TypedDict

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from courses.models import Course, Enrollment, Lesson, LessonCompletion, Resource
from courses.policies import participation
from courses.policies.participation import Viewer
from courses.utils.annotated_rows import WithAnnotations


class _SeenCourse(TypedDict):
    viewer_is_staff: bool


SeenCourse: TypeAlias = WithAnnotations[Course, _SeenCourse]
"""A course with the annotations of `courses_as_seen_by`."""


class _SeenLesson(TypedDict):
    viewer_may_read: bool


SeenLesson: TypeAlias = WithAnnotations[Lesson, _SeenLesson]
"""A lesson with the annotations of `lessons_as_seen_by`."""


def courses_as_seen_by(viewer: Viewer) -> QuerySet[SeenCourse]:
    """Return all courses with `viewer_is_staff`: whether the viewer teaches the course."""
    return Course.objects.annotate(viewer_is_staff=participation.teaches(viewer))


def courses_visible_to(viewer: Viewer) -> QuerySet[SeenCourse]:
    """Return published courses, and those that the viewer takes or teaches."""
    return courses_as_seen_by(viewer).filter(participation.may_see_course(viewer))


def courses_by_name(viewer: Viewer) -> QuerySet[SeenCourse]:
    """Return the visible courses with `name`: the slug in lower case, which is unique."""
    return courses_visible_to(viewer).alias(name=Lower("slug"))


def lessons_as_seen_by(viewer: Viewer) -> QuerySet[SeenLesson]:
    """Return lessons with `viewer_may_read`: whether the viewer takes or teaches the course."""
    return Lesson.objects.annotate(viewer_may_read=participation.takes_part(viewer, "course_id"))


def lessons_visible_to(viewer: Viewer) -> QuerySet[SeenLesson]:
    """Return the lessons of courses that the viewer may see."""
    return lessons_as_seen_by(viewer).filter(
        participation.may_see_course(viewer, "course_id", is_published="course__is_published")
    )


def resources_visible_to(viewer: Viewer) -> QuerySet[Resource]:
    """Return the resources of courses that the viewer takes or teaches."""
    return Resource.objects.filter(participation.takes_part(viewer, "lesson__course_id"))


def enrollments_visible_to(viewer: Viewer) -> QuerySet[Enrollment]:
    """Return the viewer's enrolments, and those in courses that the viewer teaches."""
    if viewer is None:
        return Enrollment.objects.none()
    return Enrollment.objects.filter(Q(user=viewer) | participation.teaches(viewer, "course_id"))


def roster_visible_to(viewer: Viewer) -> QuerySet[Enrollment]:
    """Return the enrolments in courses that the viewer teaches."""
    return Enrollment.objects.filter(participation.teaches(viewer, "course_id"))


def enrollments_of(viewer: Viewer) -> QuerySet[Enrollment]:
    """Return the viewer's own enrolments."""
    return Enrollment.objects.filter(user=viewer) if viewer else Enrollment.objects.none()


def completed_lessons_of(viewer: Viewer) -> QuerySet[LessonCompletion]:
    """Return the viewer's completions of lessons."""
    return LessonCompletion.objects.filter(user=viewer) if viewer else LessonCompletion.objects.none()
