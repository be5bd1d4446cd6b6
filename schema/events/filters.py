"""Arguments by which the feed is narrowed."""

from typing import Annotated

import strawberry

from schema.core import ids
from schema.core.enums import EventType

Types = Annotated[
    list[EventType] | None, strawberry.argument(description="Only events of these types. Default: all.")
]
OfCourse = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only events of the course with this global id.")
]


def course_asked_for(course_id: strawberry.ID | None) -> int | None:
    """Return the key of the course; 0, that of none, for an id of something else."""
    return None if course_id is None else ids.pk(course_id, "Course") or 0
