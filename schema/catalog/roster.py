"""Mutations of the people of a course, its instructors and learners: for the staff of the course."""

import strawberry

from courses.constants import MAX_PEOPLE_AT_ONCE
from courses.services import enrollment, instructors
from schema.catalog.outcomes import LearnerOutcome
from schema.catalog.types import Course
from schema.context import Info
from schema.core import ids
from schema.core.enums import EnrollmentAction
from schema.core.fields import declared
from schema.core.inputs import given
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, UserErrorCode, mutation
from schema.dataloaders import catalog as loaders

COURSE = "Global id of a course that the viewer teaches."


@strawberry.input(description="The person to teach a course as well.")
class AddInstructorInput:
    course_id: strawberry.ID = strawberry.field(description=COURSE)
    username: str = strawberry.field(description="User name of the person, exactly as it is written.")


@strawberry.type(description="The course with its instructors.")
class AddInstructorPayload(Payload):
    course_id: strawberry.Private[int | None] = None
    course: Course | None = declared(loaders.course_of, "Course as it is stored now.")


@strawberry.input(description="The person to teach a course no longer.")
class RemoveInstructorInput:
    course_id: strawberry.ID = strawberry.field(description=COURSE)
    user_id: strawberry.ID = strawberry.field(
        description="Global id of an instructor of the course, perhaps the viewer."
    )


@strawberry.type(description="The course with the instructors who are left.")
class RemoveInstructorPayload(Payload):
    course_id: strawberry.Private[int | None] = None
    course: Course | None = declared(loaders.course_of, "Course as it is stored now.")


@strawberry.input(
    description="The people to enrol in a course, or to withdraw from it: by user name, by id, or both; at least 1 and "
    f"at most {MAX_PEOPLE_AT_ONCE} together."
)
class UpdateEnrollmentsInput:
    course_id: strawberry.ID = strawberry.field(description=COURSE)
    usernames: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="User names, exactly as they are written."
    )
    user_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Global ids of people whom the viewer may see, or who took the course before.",
    )
    action: EnrollmentAction = strawberry.field(description="Action on each of them.")


@strawberry.type(description="The outcome for each person who was named.")
class UpdateEnrollmentsPayload(Payload):
    outcomes: list[LearnerOutcome] = strawberry.field(
        default_factory=list,
        description="One outcome for each name and id, in the order given, those of `usernames` first.",
    )


@strawberry.type
class CatalogRosterMutation:
    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Add an instructor to a course. Idempotent. For the staff of the course.",
    )
    def add_instructor(info: Info, input: AddInstructorInput) -> AddInstructorPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        course = instructors.add_instructor(
            author=info.context.person, course_id=course_id, username=input.username
        )
        return AddInstructorPayload(course_id=course.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Remove an instructor from a course, but not the last one. For the staff of the course.",
    )
    def remove_instructor(info: Info, input: RemoveInstructorInput) -> RemoveInstructorPayload:
        course_id = ids.required_pk(input.course_id, "Course", "courseId")
        user_id = ids.required_pk(input.user_id, "User", "userId")
        course = instructors.remove_instructor(
            author=info.context.person, course_id=course_id, user_id=user_id
        )
        return RemoveInstructorPayload(course_id=course.pk)

    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Enrol people in a course, also in a draft, or withdraw them, as `enroll` and `withdraw` do. All "
        "that can be done is done: see the outcome of each. Idempotent. For the staff of the course.",
    )
    def update_enrollments(info: Info, input: UpdateEnrollmentsInput) -> UpdateEnrollmentsPayload:
        named = given(input, apart_from=("course_id", "action"))
        outcomes = enrollment.update_enrollments(
            author=info.context.person,
            course_id=ids.required_pk(input.course_id, "Course", "courseId"),
            action=input.action,
            usernames=named.get("usernames", ()),
            user_ids=[ids.pk(user_id, "User") for user_id in named.get("user_ids", ())],
        )
        return UpdateEnrollmentsPayload(outcomes=[_shown(outcome) for outcome in outcomes])


def _shown(outcome: enrollment.LearnerOutcome) -> LearnerOutcome:
    return LearnerOutcome(
        learner_id=outcome.learner.pk if outcome.learner else None,
        enrollment_id=outcome.enrollment.pk if outcome.enrollment else None,
        code=UserErrorCode[outcome.refusal.code] if outcome.refusal else None,
        message=outcome.refusal.message if outcome.refusal else None,
    )
