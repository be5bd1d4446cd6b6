"""Mutation that records an activity event of the signed-in person."""

from typing import Any

import strawberry
from strawberry.scalars import JSON

from courses import models
from courses.services import activity as services
from schema.activity.types import UserActivity
from schema.context import Info
from schema.core import ids
from schema.core.enums import ActivityType
from schema.core.fields import declared
from schema.core.inputs import like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import activity as loaders


@strawberry.input(
    description="An activity of the viewer. Course, lesson, resource and assessment must belong together "
    "where several are named."
)
class RecordActivityInput:
    type: ActivityType = strawberry.field(
        description="Kind of activity. COMPLETE_LESSON, TAKE_QUIZ and GIVE_REVIEW are refused: the server "
        "records them itself."
    )
    course_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the course. Required for VIEW_COURSE."
    )
    lesson_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the lesson. Required for START_LESSON."
    )
    resource_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the resource. Required for DOWNLOAD_RESOURCE."
    )
    assessment_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the assessment."
    )
    data: JSON | None = like(models.UserActivity, "data", default=None)


@strawberry.type(description="The activity that was recorded.")
class RecordActivityPayload(Payload):
    activity_id: strawberry.Private[int | None] = None
    activity: UserActivity | None = declared(loaders.activity_of_payload, "Activity as it was stored.")


@strawberry.type
class ActivityMutation:
    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Record an activity of the viewer, for statistics. Without an idempotency key, each call is one "
        "activity.",
    )
    def record_activity(info: Info, input: RecordActivityInput) -> RecordActivityPayload:
        activity = services.record_activity(
            actor=info.context.person, type=input.type, data=input.data, **_parts(input)
        )
        return RecordActivityPayload(activity_id=activity.pk)


def _parts(input: RecordActivityInput) -> dict[str, Any]:
    named = {
        "course": input.course_id,
        "lesson": input.lesson_id,
        "resource": input.resource_id,
        "assessment": input.assessment_id,
    }
    return {
        f"{name}_id": ids.required_pk(global_id, name.capitalize(), f"{name}Id")
        for name, global_id in named.items()
        if global_id is not None
    }
