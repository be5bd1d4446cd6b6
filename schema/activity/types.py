"""What people did, as they see it themselves."""

from datetime import datetime

from strawberry.scalars import JSON

from courses import models
from courses.constants import Scope
from schema.assessments.types import Assessment
from schema.catalog.types import Course, Lesson, Resource
from schema.core.enums import ActivityType
from schema.core.fields import column, declared
from schema.core.ids import Node, node
from schema.dataloaders import activity as loaders


@node(models.UserActivity, by_pk=loaders.activity_by_id, scope=Scope.STATISTICS_READ)
class UserActivity(Node):
    type: ActivityType = column("activity_type")
    data: JSON
    created_at: datetime = column("created_date", "When it was done.")
    course: Course | None = declared(
        loaders.course_of_activity,
        "The course it was done in; null for none, or one that cannot be seen now.",
    )
    lesson: Lesson | None = declared(
        loaders.lesson_of_activity,
        "The lesson it was done in; null for none, or one that cannot be seen now.",
    )
    resource: Resource | None = declared(
        loaders.resource_of_activity, "What it was done with; null for none, or one that cannot be seen now."
    )
    assessment: Assessment | None = declared(
        loaders.assessment_of_activity, "What was taken; null for none, or one that cannot be seen now."
    )
