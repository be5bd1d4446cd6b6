"""Root fields of the viewer and of the server's clock."""

from datetime import datetime

import strawberry

from courses.selectors.people import own_account
from courses.utils.clock import database_now
from schema.context import Info
from schema.core.permissions import Scope
from schema.core.queries import query
from schema.core.rows import shown_as
from schema.dataloaders.sources import OwnRow
from schema.viewer.types import OwnAccount


@strawberry.type
class ViewerQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="The viewer: the signed-in person who asks. Null for anonymous requests.",
        names_source=True,
    )
    def viewer(info: Info) -> OwnAccount | None:
        return shown_as(OwnAccount, OwnRow(own_account))

    @query(
        scope=Scope.COURSES_READ,
        description="Current time of the database's clock, by which deadlines are decided.",
    )
    def server_time(info: Info) -> datetime:
        return database_now()
