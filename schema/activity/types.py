"""Output types of activity, for the person whose it is."""

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
    created_at: datetime = column("created_date", "Time of the activity.")
    course: Course | None = declared(
        loaders.course_of_activity,
        "Course it was done in. Null when there is none, or when it is not visible to the viewer now.",
    )
    lesson: Lesson | None = declared(
        loaders.lesson_of_activity,
        "Lesson it was done in. Null when there is none, or when it is not visible to the viewer now.",
    )
    resource: Resource | None = declared(
        loaders.resource_of_activity,
        "Resource it was done with. Null when there is none, or when it is not visible to the viewer now.",
    )
    assessment: Assessment | None = declared(
        loaders.assessment_of_activity,
        "Assessment it was done with. Null when there is none, or when it is not visible to the viewer now.",
    )
