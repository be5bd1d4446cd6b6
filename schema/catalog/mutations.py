"""Mutations of a learner on a course: enrol, complete lessons, withdraw."""

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


@strawberry.input(description="The course to enrol in.")
class EnrollInput:
    course_id: strawberry.ID = strawberry.field(description="Global id of a published course.")


@strawberry.type(description="The viewer's enrolment, new or taken up again.")
class EnrollPayload(Payload):
    enrollment_id: strawberry.Private[int | None] = None
    enrollment: Enrollment | None = declared(
        loaders.enrollment_of_payload, "Enrolment of the viewer, active or completed."
    )


@strawberry.input(description="The course to withdraw from.")
class WithdrawInput:
    course_id: strawberry.ID = strawberry.field(
        description="Global id of a course that the viewer takes or took."
    )


@strawberry.type(description="The viewer's enrolment, now withdrawn.")
class WithdrawPayload(Payload):
    enrollment_id: strawberry.Private[int | None] = None
    enrollment: Enrollment | None = declared(
        loaders.enrollment_of_payload, "Enrolment of the viewer, withdrawn."
    )


@strawberry.input(description="The lesson that the viewer has completed.")
class CompleteLessonInput:
    lesson_id: strawberry.ID = strawberry.field(
        description="Global id of a lesson of a course that the viewer takes."
    )


@strawberry.type(description="The completed lesson, and the viewer's progress in its course.")
class CompleteLessonPayload(Payload):
    lesson_id: strawberry.Private[int | None] = None
    enrollment_id: strawberry.Private[int | None] = None
    lesson: Lesson | None = declared(loaders.lesson_of, "Lesson, completed by the viewer.")
    enrollment: Enrollment | None = declared(
        loaders.enrollment_of_payload,
        "Enrolment of the viewer with its new progress; completed with the last lesson.",
    )


@strawberry.type
class CatalogMutation:
    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Enrol in a published course, or take a withdrawn enrolment up again. Idempotent.",
    )
    def enroll(info: Info, input: EnrollInput) -> EnrollPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        enrollment = services.enroll(learner=info.context.person, course_id=course_id)
        return EnrollPayload(enrollment_id=enrollment.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Withdraw from a course. Idempotent. Results and notes stay, but assessments that were tried "
        "before cannot be started again after a new enrolment, because leaving may have shown their "
        "answer key.",
    )
    def withdraw(info: Info, input: WithdrawInput) -> WithdrawPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        enrollment = services.withdraw(learner=info.context.person, course_id=course_id)
        return WithdrawPayload(enrollment_id=enrollment.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Mark a lesson as completed; the last one completes the course. Idempotent.",
    )
    def complete_lesson(info: Info, input: CompleteLessonInput) -> CompleteLessonPayload:
        lesson_id = ids.required_pk(input.lesson_id, "Lesson", "lessonId")
        enrollment = progress.complete_lesson(learner=info.context.person, lesson_id=lesson_id)
        return CompleteLessonPayload(lesson_id=lesson_id, enrollment_id=enrollment.pk)
