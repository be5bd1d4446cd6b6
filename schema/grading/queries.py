"""Root fields of grading."""

from datetime import datetime
from typing import Annotated

import strawberry

from courses.selectors import grading
from schema.context import Info
from schema.core import ids
from schema.core.connections import After, Before, Connection, First, Last, page_request
from schema.core.permissions import Scope
from schema.core.queries import query
from schema.core.rows import shown_as
from schema.dataloaders.paging import OrderTerm
from schema.dataloaders.sources import RootPage
from schema.grading.types import GradingTask

OLDEST_FIRST = (OrderTerm("submitted_at", kind=datetime), OrderTerm("pk"))

CourseFilter = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only answers in the course with this global id.")
]


@strawberry.type
class GradingQuery:
    @query(
        scope=Scope.ATTEMPTS_READ,
        description="Answers that wait for a person to grade them, in the courses that the viewer teaches, "
        "oldest first.",
        names_source=True,
    )
    def grading_queue(
        info: Info,
        course_id: CourseFilter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[GradingTask]:
        where = grading.in_course(ids.pk(course_id, "Course")) if course_id is not None else None
        request = page_request(
            first=first, after=after, last=last, before=before, order=OLDEST_FIRST, where=where
        )
        page = RootPage(grading.grading_tasks_waiting_for, request)
        return shown_as(Connection[GradingTask], page)
