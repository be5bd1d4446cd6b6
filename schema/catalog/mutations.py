"""What a learner can do with a course: take it, complete its lessons, and leave it."""

import strawberry

from courses.services import enrollment as services
from courses.services import progress
from schema.catalog.types import Enrollment, Lesson
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import catalog as loaders


@strawberry.input(description="Which course to take.")
class EnrollInput:
    course_id: strawberry.ID = strawberry.field(description="A published course.")


@strawberry.type(description="The enrolment, new or taken up again.")
class EnrollPayload(Payload):
    enrollment_id: strawberry.Private[int | None] = None
    enrollment: Enrollment | None = declared(loaders.enrollment_of_payload, "The viewer's enrolment.")


@strawberry.input(description="Which course to leave.")
class WithdrawInput:
    course_id: strawberry.ID = strawberry.field(description="A course that the viewer takes.")


@strawberry.type(description="The enrolment, now withdrawn.")
class WithdrawPayload(Payload):
    enrollment_id: strawberry.Private[int | None] = None
    enrollment: Enrollment | None = declared(loaders.enrollment_of_payload, "The viewer's enrolment.")


@strawberry.input(description="Which lesson was completed.")
class CompleteLessonInput:
    lesson_id: strawberry.ID = strawberry.field(description="A lesson of a course that the viewer takes.")


@strawberry.type(description="How far the viewer has come.")
class CompleteLessonPayload(Payload):
    lesson_id: strawberry.Private[int | None] = None
    enrollment_id: strawberry.Private[int | None] = None
    lesson: Lesson | None = declared(loaders.lesson_of, "The lesson, now completed.")
    enrollment: Enrollment | None = declared(
        loaders.enrollment_of_payload, "The viewer's enrolment; completed with the last lesson."
    )


@strawberry.type
class CatalogMutation:
    @mutation(scope=Scope.COURSES_WRITE, description="Take a course. Taking it twice is taking it once.")
    def enroll(info: Info, input: EnrollInput) -> EnrollPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        enrollment = services.enroll(learner=info.context.person, course_id=course_id)
        return EnrollPayload(enrollment_id=enrollment.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Leave a course. Results and notes stay, but no assessment whose right answers could be read "
        "then can be started again after coming back.",
    )
    def withdraw(info: Info, input: WithdrawInput) -> WithdrawPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        enrollment = services.withdraw(learner=info.context.person, course_id=course_id)
        return WithdrawPayload(enrollment_id=enrollment.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Complete a lesson, and with the last one the course. A second time changes nothing.",
    )
    def complete_lesson(info: Info, input: CompleteLessonInput) -> CompleteLessonPayload:
        lesson_id = ids.required_pk(input.lesson_id, "Lesson", "lessonId")
        enrollment = progress.complete_lesson(learner=info.context.person, lesson_id=lesson_id)
        return CompleteLessonPayload(lesson_id=lesson_id, enrollment_id=enrollment.pk)
