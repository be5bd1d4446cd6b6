"""Authoring of courses and their lessons."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from courses import exceptions
from courses.constants import ResourceKind
from courses.models import Course, Lesson, Resource, User
from courses.policies.authoring import may_create_courses
from courses.rules.pairing import paired
from courses.selectors import authoring, catalog
from courses.services import events, progress
from courses.services.authorship import assign, locked_for_author, reorder
from courses.services.problems import Problems


class CourseSettings(TypedDict, total=False):
    """Settings of a course. A missing key keeps its value, or has the model's default."""

    title: str
    slug: str
    description: str
    is_published: bool
    decimal_comma: bool
    price: Decimal
    currency: str


class ResourceDraft(TypedDict, total=False):
    """Resource as its author writes it."""

    title: str
    kind: ResourceKind
    url: str


class LessonDraft(TypedDict, total=False):
    """Lesson as its author writes it. A missing key keeps its value, or has the model's default."""

    title: str
    content: str
    duration_seconds: int | None
    resources: Sequence[ResourceDraft]


@transaction.atomic
def create_course(*, author: User, **settings: Unpack[CourseSettings]) -> Course:
    """Create a course that the author teaches.

    Raises PermissionDenied without the right to teach, ValidationError, and Conflict for a taken slug.
    """
    if not may_create_courses(author):
        raise exceptions.PermissionDenied(
            "Creating courses needs the right to teach. Please ask the staff of the platform for it."
        )
    course = _saved_course(Course(**settings))
    course.instructors.add(author)
    events.record_course_changed(course.pk)
    return course


@transaction.atomic
def update_course(*, author: User, course_id: int, **changes: Unpack[CourseSettings]) -> Course:
    """Change the settings of a course that are given.

    Raises NotFound, PermissionDenied, ValidationError, and Conflict for a slug that is taken.
    """
    course = locked_for_author(catalog.courses_visible_to(author), course_id, field="courseId")
    assign(course, changes)
    _saved_course(course)
    events.record_course_changed(course.pk)
    return course


@transaction.atomic
def create_lesson(*, author: User, course_id: int, **draft: Unpack[LessonDraft]) -> Lesson:
    """Append a lesson, with its resources, to a course. Learners then have one more to complete.

    Raises NotFound, PermissionDenied and ValidationError.
    """
    course = locked_for_author(catalog.courses_visible_to(author), course_id, field="courseId")
    lesson = _written_lesson(Lesson(course=course), draft)
    progress.update_progress(course=course)
    events.record_course_changed(course.pk)
    return lesson


@transaction.atomic
def update_lesson(*, author: User, lesson_id: int, **changes: Unpack[LessonDraft]) -> Lesson:
    """Change the parts of a lesson that are given. Resources that are given replace those that it had; equal ones,
    and edited ones in their order, keep their ids.

    Raises NotFound, PermissionDenied and ValidationError.
    """
    lesson = locked_for_author(authoring.lessons_to_author(author), lesson_id, field="lessonId")
    _written_lesson(lesson, changes)
    events.record_course_changed(lesson.course_id)
    return lesson


@transaction.atomic
def reorder_lessons(*, author: User, course_id: int, lesson_ids: Sequence[int]) -> Course:
    """Put the lessons of a course into the order given, which names each of them exactly once.

    Raises NotFound, also for a lesson of another course, PermissionDenied, and Invalid for a list that is incomplete
    or has duplicates.
    """
    course = locked_for_author(catalog.courses_visible_to(author), course_id, field="courseId")
    reorder(course.lessons.all(), lesson_ids, field="lessonIds", of="lesson of the course")
    events.record_course_changed(course.pk)
    return course


def _saved_course(course: Course) -> Course:
    problems = Problems()
    problems.check(course)
    problems.refuse_any()
    taken = exceptions.Conflict(
        "Another course has this slug. Please choose a different one.", field=["slug"]
    )
    if Course.objects.filter(slug__iexact=course.slug).exclude(pk=course.pk).exists():
        raise taken
    try:
        course.save()
    except IntegrityError:
        raise taken from None
    return course


def _written_lesson(lesson: Lesson, draft: LessonDraft) -> Lesson:
    assign(lesson, {name: value for name, value in draft.items() if name != "resources"})
    problems = Problems()
    problems.check(lesson, apart_from=("course",))
    rows, unused = _resources(lesson, draft.get("resources"), problems)
    problems.refuse_any()
    lesson.save()
    Resource.objects.filter(pk__in=[resource.pk for resource in unused]).delete()
    for resource in rows:
        resource.lesson, resource.updated_date = lesson, Now()
    fields = ("title", "kind", "url", "updated_date")
    Resource.objects.bulk_update([resource for resource in rows if resource.pk], fields)
    Resource.objects.bulk_create(resource for resource in rows if not resource.pk)
    return lesson


def _resources(
    lesson: Lesson, given: Sequence[ResourceDraft] | None, problems: Problems
) -> tuple[list[Resource], list[Resource]]:
    """Return the rows to write for the resources that are given, and those to delete."""
    if given is None:
        return [], []
    stored = list(lesson.resources.order_by("pk")) if lesson.pk else []
    pairs, unused = paired(stored, given, is_same=lambda row, draft: row.url == draft.get("url"))
    rows = [row or Resource() for row in pairs]
    for place, (resource, draft) in enumerate(zip(rows, given, strict=True)):
        assign(resource, draft)
        problems.check(resource, path=("resources", str(place)), apart_from=("lesson",))
    return rows, unused
