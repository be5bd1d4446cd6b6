"""Root fields of the viewer and of the server's clock."""

from datetime import datetime

import strawberry

from courses.selectors.people import people_as_seen_by
from courses.utils.clock import database_now
from schema.context import Info
from schema.core.permissions import Scope
from schema.core.queries import query
from schema.core.rows import shown_as
from schema.viewer.types import OwnAccount


@strawberry.type
class ViewerQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="The viewer: the signed-in person who asks. Null for anonymous requests.",
    )
    def viewer(info: Info) -> OwnAccount | None:
        viewer = info.context.viewer
        return shown_as(OwnAccount, people_as_seen_by(viewer).get(pk=viewer.pk)) if viewer else None

    @query(
        scope=Scope.COURSES_READ,
        description="Current time of the database's clock, by which deadlines are decided.",
    )
    def server_time(info: Info) -> datetime:
        return database_now()
