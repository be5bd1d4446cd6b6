"""Mutations that author courses and lessons: for people with the right to teach, and the staff of the course."""

from decimal import Decimal
from typing import Any

import strawberry

from courses import models
from courses.services import course_authoring as services
from courses.services import course_removal as removal
from schema.catalog.types import Course, Lesson
from schema.context import Info
from schema.core import ids
from schema.core.enums import ResourceKind
from schema.core.fields import declared
from schema.core.inputs import LEFT_OUT_STAYS, changes, given, like, required_like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import catalog as loaders


@strawberry.input(
    description="A course to create. Left out, it is an unpublished draft, free, and priced in EUR."
)
class CreateCourseInput:
    title: str = required_like(models.Course, "title")
    slug: str = required_like(models.Course, "slug")
    description: str | None = like(models.Course, "description")
    is_published: bool | None = like(models.Course, "is_published", default=False)
    decimal_comma: bool | None = like(models.Course, "decimal_comma", default=False)
    price: Decimal | None = like(models.Course, "price")
    currency: str | None = like(models.Course, "currency")


@strawberry.type(description="The new course, with the viewer as its instructor.")
class CreateCoursePayload(Payload):
    course_id: strawberry.Private[int | None] = None
    course: Course | None = declared(loaders.course_of, "Course as it was stored.")


@strawberry.input(description=f"Changes to a course. {LEFT_OUT_STAYS}")
class UpdateCourseInput:
    course_id: strawberry.ID = strawberry.field(description="Global id of a course that the viewer may edit.")
    title: str | None = like(models.Course, "title")
    slug: str | None = like(models.Course, "slug")
    description: str | None = like(models.Course, "description")
    is_published: bool | None = like(models.Course, "is_published")
    decimal_comma: bool | None = like(models.Course, "decimal_comma")
    price: Decimal | None = like(models.Course, "price")
    currency: str | None = like(models.Course, "currency")


@strawberry.type(description="The changed course.")
class UpdateCoursePayload(Payload):
    course_id: strawberry.Private[int | None] = None
    course: Course | None = declared(loaders.course_of, "Course as it is stored now.")


@strawberry.input(
    description="Material to read, watch or download that goes with a lesson. `kind` is OTHER when it is "
    "left out."
)
class ResourceInput:
    title: str = required_like(models.Resource, "title")
    kind: ResourceKind | None = like(models.Resource, "kind")
    url: str = required_like(models.Resource, "url")


@strawberry.input(description="A lesson to add at the end of a course.")
class CreateLessonInput:
    course_id: strawberry.ID = strawberry.field(description="Global id of a course that the viewer may edit.")
    title: str = required_like(models.Lesson, "title")
    content: str | None = like(models.Lesson, "content")
    duration_seconds: int | None = like(models.Lesson, "duration_seconds")
    resources: list[ResourceInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Material that goes with the lesson."
    )


@strawberry.type(description="The new lesson, last in its course.")
class CreateLessonPayload(Payload):
    lesson_id: strawberry.Private[int | None] = None
    lesson: Lesson | None = declared(loaders.lesson_of, "Lesson as it was stored.")


@strawberry.input(description=f"Changes to a lesson. {LEFT_OUT_STAYS}")
class UpdateLessonInput:
    lesson_id: strawberry.ID = strawberry.field(description="Global id of a lesson that the viewer may edit.")
    title: str | None = like(models.Lesson, "title")
    content: str | None = like(models.Lesson, "content")
    duration_seconds: int | None = like(models.Lesson, "duration_seconds")
    resources: list[ResourceInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Complete list of the lesson's material: it replaces the old one. A resource with the same "
        "`url` keeps its id.",
    )


@strawberry.type(description="The changed lesson.")
class UpdateLessonPayload(Payload):
    lesson_id: strawberry.Private[int | None] = None
    lesson: Lesson | None = declared(loaders.lesson_of, "Lesson as it is stored now.")


@strawberry.input(description="The course to delete.")
class DeleteCourseInput:
    course_id: strawberry.ID = strawberry.field(
        description="Global id of a course that the viewer may edit, and with which learners lose nothing."
    )


@strawberry.type(description="The course that was deleted.")
class DeleteCoursePayload(Payload):
    deleted_course_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the deleted course."
    )


@strawberry.input(description="The lesson to delete.")
class DeleteLessonInput:
    lesson_id: strawberry.ID = strawberry.field(
        description="Global id of a lesson that the viewer may edit, and with which learners lose nothing."
    )


@strawberry.type(description="The lesson that was deleted.")
class DeleteLessonPayload(Payload):
    deleted_lesson_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the deleted lesson."
    )


@strawberry.input(description="The new order of a course's lessons.")
class ReorderLessonsInput:
    course_id: strawberry.ID = strawberry.field(description="Global id of a course that the viewer may edit.")
    lesson_ids: list[strawberry.ID] = strawberry.field(
        description="Global ids of all its lessons, each exactly once, in the new order."
    )


@strawberry.type(description="The course, with its lessons in the new order.")
class ReorderLessonsPayload(Payload):
    course_id: strawberry.Private[int | None] = None
    course: Course | None = declared(loaders.course_of, "Course as it is stored now.")


@strawberry.type
class CatalogAuthoringMutation:
    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Create a course with the viewer as its instructor. Needs the right to teach.",
    )
    def create_course(info: Info, input: CreateCourseInput) -> CreateCoursePayload:
        course = services.create_course(author=info.context.person, **given(input))
        return CreateCoursePayload(course_id=course.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Change a course, for example to publish it. For the staff of the course.",
    )
    def update_course(info: Info, input: UpdateCourseInput) -> UpdateCoursePayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        settings = changes(input, apart_from=("course_id",))
        course = services.update_course(author=info.context.person, course_id=course_id, **settings)
        return UpdateCoursePayload(course_id=course.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Add a lesson at the end of a course. For the staff of the course.",
    )
    def create_lesson(info: Info, input: CreateLessonInput) -> CreateLessonPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        draft = _with_resources(given(input, apart_from=("course_id",)))
        lesson = services.create_lesson(author=info.context.person, course_id=course_id, **draft)
        return CreateLessonPayload(lesson_id=lesson.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Change a lesson and its material. For the staff of the course.",
    )
    def update_lesson(info: Info, input: UpdateLessonInput) -> UpdateLessonPayload:
        lesson_id = ids.required_pk(input.lesson_id, "Lesson", "lessonId")
        draft = changes(input, apart_from=("lesson_id",), nullable=("duration_seconds",))
        lesson = services.update_lesson(
            author=info.context.person, lesson_id=lesson_id, **_with_resources(draft)
        )
        return UpdateLessonPayload(lesson_id=lesson.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Delete a course with its lessons, assessments and enrolments, irreversibly. Refused with IN_USE "
        "while learners have attempts, lesson completions, notes or reviews in it. For the staff of the course.",
    )
    def delete_course(info: Info, input: DeleteCourseInput) -> DeleteCoursePayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        removal.delete_course(author=info.context.person, course_id=course_id)
        return DeleteCoursePayload(deleted_course_id=input.course_id)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Delete a lesson with its material and its assessment, irreversibly. Refused with IN_USE while "
        "learners have attempts, lesson completions or notes on it. For the staff of the course.",
    )
    def delete_lesson(info: Info, input: DeleteLessonInput) -> DeleteLessonPayload:
        lesson_id = ids.required_pk(input.lesson_id, "Lesson", "lessonId")
        removal.delete_lesson(author=info.context.person, lesson_id=lesson_id)
        return DeleteLessonPayload(deleted_lesson_id=input.lesson_id)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Reorder the lessons of a course. For the staff of the course.",
    )
    def reorder_lessons(info: Info, input: ReorderLessonsInput) -> ReorderLessonsPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        lesson_ids = [
            ids.required_pk(global_id, "Lesson", "lessonIds", str(place))
            for place, global_id in enumerate(input.lesson_ids)
        ]
        course = services.reorder_lessons(
            author=info.context.person, course_id=course_id, lesson_ids=lesson_ids
        )
        return ReorderLessonsPayload(course_id=course.pk)


def _with_resources(draft: dict[str, Any]) -> dict[str, Any]:
    """Return the draft with its resources converted for the services."""
    if "resources" not in draft:
        return draft
    return draft | {"resources": [given(resource) for resource in draft["resources"]]}
