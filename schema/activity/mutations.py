"""What a client can record of what its person does."""

from typing import Any

import strawberry
from strawberry.scalars import JSON

from courses.services import activity as services
from schema.activity.types import UserActivity
from schema.context import Info
from schema.core import ids
from schema.core.enums import ActivityType
from schema.core.fields import declared
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import activity as loaders


@strawberry.input(description="What the viewer did. The parts that are named must belong together.")
class RecordActivityInput:
    type: ActivityType = strawberry.field(
        description="What was done; COMPLETE_LESSON, TAKE_QUIZ and GIVE_REVIEW are recorded by the server alone."
    )
    course_id: strawberry.ID | None = strawberry.field(
        default=None, description="In which course; VIEW_COURSE needs it."
    )
    lesson_id: strawberry.ID | None = strawberry.field(
        default=None, description="In which lesson; START_LESSON needs it."
    )
    resource_id: strawberry.ID | None = strawberry.field(
        default=None, description="With which resource; DOWNLOAD_RESOURCE needs it."
    )
    assessment_id: strawberry.ID | None = strawberry.field(default=None, description="With which assessment.")
    data: JSON | None = strawberry.field(
        default=None,
        description="More about it: a JSON object of at most 4 KB, 5 levels deep. "
        "A number `time_spent` counts as seconds of learning, at most 4 hours.",
    )


@strawberry.type(description="What was recorded.")
class RecordActivityPayload(Payload):
    activity_id: strawberry.Private[int | None] = None
    activity: UserActivity | None = declared(loaders.activity_of_payload, "The activity.")


@strawberry.type
class ActivityMutation:
    @mutation(scope=Scope.COURSES_WRITE, description="Record what the viewer does while learning.")
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
