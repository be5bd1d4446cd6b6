"""Writing courses and lessons: for people with the right to teach, and for the staff of the course."""

from decimal import Decimal
from typing import Any

import strawberry

from courses import models
from courses.services import course_authoring as services
from schema.catalog.types import Course, Lesson
from schema.context import Info
from schema.core import ids
from schema.core.enums import ResourceKind
from schema.core.fields import declared
from schema.core.inputs import changes, given, like, required_like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import catalog as loaders


@strawberry.input(description="A new course.")
class CreateCourseInput:
    title: str = required_like(models.Course, "title")
    slug: str = required_like(models.Course, "slug")
    description: str | None = like(models.Course, "description")
    is_published: bool | None = like(models.Course, "is_published", default=False)
    price: Decimal | None = like(models.Course, "price")
    currency: str | None = like(models.Course, "currency")


@strawberry.type(description="The new course, which the viewer teaches.")
class CreateCoursePayload(Payload):
    course_id: strawberry.Private[int | None] = None
    course: Course | None = declared(loaders.course_of, "The new course.")


@strawberry.input(description="What to change of a course. What is left out stays as it is.")
class UpdateCourseInput:
    course_id: strawberry.ID = strawberry.field(description="A course that the viewer may edit.")
    title: str | None = like(models.Course, "title")
    slug: str | None = like(models.Course, "slug")
    description: str | None = like(models.Course, "description")
    is_published: bool | None = like(models.Course, "is_published")
    price: Decimal | None = like(models.Course, "price")
    currency: str | None = like(models.Course, "currency")


@strawberry.type(description="The course, as it is now.")
class UpdateCoursePayload(Payload):
    course_id: strawberry.Private[int | None] = None
    course: Course | None = declared(loaders.course_of, "The course, as it is now.")


@strawberry.input(description="Something to read, watch or download that goes with a lesson.")
class ResourceInput:
    title: str = required_like(models.Resource, "title")
    kind: ResourceKind | None = like(models.Resource, "kind")
    url: str = required_like(models.Resource, "url")


@strawberry.input(description="A new lesson.")
class CreateLessonInput:
    course_id: strawberry.ID = strawberry.field(description="The course at whose end it comes.")
    title: str = required_like(models.Lesson, "title")
    content: str | None = like(models.Lesson, "content")
    duration_seconds: int | None = like(models.Lesson, "duration_seconds")
    resources: list[ResourceInput] | None = strawberry.field(
        default=strawberry.UNSET, description="The material that goes with it."
    )


@strawberry.type(description="The new lesson.")
class CreateLessonPayload(Payload):
    lesson_id: strawberry.Private[int | None] = None
    lesson: Lesson | None = declared(loaders.lesson_of, "The new lesson.")


@strawberry.input(description="What to change of a lesson. What is left out stays as it is.")
class UpdateLessonInput:
    lesson_id: strawberry.ID = strawberry.field(description="A lesson that the viewer may edit.")
    title: str | None = like(models.Lesson, "title")
    content: str | None = like(models.Lesson, "content")
    duration_seconds: int | None = like(models.Lesson, "duration_seconds")
    resources: list[ResourceInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="All the material that goes with it from now on; what has the same address keeps its id.",
    )


@strawberry.type(description="The lesson, as it is now.")
class UpdateLessonPayload(Payload):
    lesson_id: strawberry.Private[int | None] = None
    lesson: Lesson | None = declared(loaders.lesson_of, "The lesson, as it is now.")


@strawberry.type
class CatalogAuthoringMutation:
    @mutation(scope=Scope.COURSES_WRITE, description="Create a course, which the viewer then teaches.")
    def create_course(info: Info, input: CreateCourseInput) -> CreateCoursePayload:
        course = services.create_course(author=info.context.person, **given(input))
        return CreateCoursePayload(course_id=course.pk)

    @mutation(scope=Scope.COURSES_WRITE, description="Change a course, or publish it.")
    def update_course(info: Info, input: UpdateCourseInput) -> UpdateCoursePayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        settings = changes(input, apart_from=("course_id",))
        course = services.update_course(author=info.context.person, course_id=course_id, **settings)
        return UpdateCoursePayload(course_id=course.pk)

    @mutation(scope=Scope.COURSES_WRITE, description="Add a lesson at the end of a course.")
    def create_lesson(info: Info, input: CreateLessonInput) -> CreateLessonPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        draft = _with_resources(given(input, apart_from=("course_id",)))
        lesson = services.create_lesson(author=info.context.person, course_id=course_id, **draft)
        return CreateLessonPayload(lesson_id=lesson.pk)

    @mutation(scope=Scope.COURSES_WRITE, description="Change a lesson and the material that goes with it.")
    def update_lesson(info: Info, input: UpdateLessonInput) -> UpdateLessonPayload:
        lesson_id = ids.required_pk(input.lesson_id, "Lesson", "lessonId")
        draft = changes(input, apart_from=("lesson_id",), nullable=("duration_seconds",))
        lesson = services.update_lesson(
            author=info.context.person, lesson_id=lesson_id, **_with_resources(draft)
        )
        return UpdateLessonPayload(lesson_id=lesson.pk)


def _with_resources(draft: dict[str, Any]) -> dict[str, Any]:
    """The draft, its resources as the services take them."""
    if "resources" not in draft:
        return draft
    return draft | {"resources": [given(resource) for resource in draft["resources"]]}
