"""Root field of the event feed."""

from typing import Annotated

import strawberry

from courses.constants import Scope
from courses.selectors.events import CursorExpired, decode_cursor, events_after
from schema.context import Info
from schema.core.connections import not_of_this_list, page_size
from schema.core.error_codes import ErrorCode, graphql_error
from schema.core.queries import query
from schema.core.rows import shown_as
from schema.events.filters import OfCourse, Types, course_asked_for
from schema.events.types import EventPage

AfterEvent = Annotated[
    str | None,
    strawberry.argument(
        description="Opaque cursor: only events after it. Give the `endCursor` of the page before. Default: from the "
        "oldest event that is kept."
    ),
]

PageSize = Annotated[
    int | None,
    strawberry.argument(
        description="Largest number of events, 1 to 100 unless the server sets another limit. Default: 20."
    ),
]


@strawberry.type
class EventQuery:
    @query(
        scope=Scope.EVENTS_READ,
        description="Events that the viewer may see, oldest first: those of courses that they teach, their own, and "
        "changes of courses that they take and of assessments there. Read on with `endCursor`, also from an empty "
        "page: nothing is missed and nothing comes twice. Events are kept for 30 days unless the server sets another "
        "time; a cursor that is older is CURSOR_EXPIRED.",
    )
    def events(
        info: Info,
        after: AfterEvent = None,
        types: Types = None,
        course_id: OfCourse = None,
        first: PageSize = None,
    ) -> EventPage:
        try:
            found = events_after(
                info.context.viewer,
                None if after is None else decode_cursor(after),
                size=page_size(first),
                types=types,
                course_id=course_asked_for(course_id),
            )
        except ValueError as error:
            raise not_of_this_list() from error
        except CursorExpired:
            raise graphql_error(ErrorCode.CURSOR_EXPIRED) from None
        return shown_as(EventPage, found)
