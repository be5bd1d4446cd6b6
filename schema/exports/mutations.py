"""Mutation that starts an export."""

from datetime import datetime

import strawberry

from courses.services import exports as services
from schema.context import Info
from schema.core import ids
from schema.core.enums import ExportKind
from schema.core.fields import declared
from schema.core.permissions import Scope, require_scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import exports as loaders
from schema.exports.types import Export


@strawberry.input(description="An export to start.")
class StartExportInput:
    kind: ExportKind = strawberry.field(
        description="Kind of what is exported. A token needs `attempts:read` for ATTEMPTS, RESPONSES and GRADES, and "
        "`statistics:read` for ACTIVITY."
    )
    course_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the course to narrow it to. Null: all courses."
    )
    changed_since: datetime | None = strawberry.field(
        default=None,
        description="Only what was changed at this time or later; an attempt comes whole, with all that belongs to it. "
        "Null: everything.",
    )


@strawberry.type(description="The export, whose file is written in the background.")
class StartExportPayload(Payload):
    export_id: strawberry.Private[int | None] = None
    export: Export | None = declared(loaders.export_of_payload, "Export as it was started.")


@strawberry.type
class ExportMutation:
    @mutation(
        scope=Scope.COURSES_READ,
        description="Start to write everything of one kind that the viewer may see into a file. At most 2 at once: of "
        "the person, and of each partner for the person. Without an idempotency key, each call is one export.",
    )
    def start_export(info: Info, input: StartExportInput) -> StartExportPayload:
        require_scope(info, services.SCOPES[input.kind])
        export = services.start_export(
            owner=info.context.person,
            principal=info.context.identity.principal or "",
            kind=input.kind,
            course_id=ids.optional_pk(input.course_id, "Course", "courseId"),
            changed_since=input.changed_since,
            origin=info.context.origin,
        )
        return StartExportPayload(export_id=export.pk)
