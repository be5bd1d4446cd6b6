"""Output types of exports, for their owner."""

from datetime import datetime

from courses import models
from courses.constants import Scope
from courses.selectors.exports import SeenExport
from schema.catalog.types import Course
from schema.core import ids
from schema.core.enums import ExportKind, ExportStatus
from schema.core.fields import column, computed, declared
from schema.core.ids import Node, node
from schema.dataloaders import exports as loaders

ADDRESS = "/exports/"
"""Path beneath which files are downloaded, by the global id of their export."""


@node(models.Export, by_pk=loaders.export_by_id, scope=Scope.COURSES_READ)
class Export(Node):
    kind: ExportKind
    status: ExportStatus = column("shown_status", "State of the export.")
    changed_since: datetime | None
    object_count: int | None
    created_at: datetime = column("created_date")
    expires_at: datetime | None
    course: Course | None = declared(
        loaders.course_of_export, "Course that it is narrowed to. Null when it holds all courses."
    )

    @computed(
        "Address of the file, for whoever started it: send the same person's or partner's token, or the session. "
        "JSON Lines, compressed by gzip. Null unless it is READY.",
        columns=("shown_status", "origin"),
    )
    def url(root: SeenExport) -> str | None:
        if root.shown_status != ExportStatus.READY:
            return None
        return f"{root.origin}{ADDRESS}{ids.encode('Export', root.pk)}"

    @computed(
        "Cursor to go on from with `events(after:)`: every event after it is about a change that the file does not "
        "hold yet, and no event before it is. Null until the file is complete.",
        columns=("events_cursor",),
    )
    def events_cursor(root: models.Export) -> str | None:
        return root.events_cursor or None
