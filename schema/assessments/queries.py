"""Root fields of assessments."""

import strawberry

from schema.assessments.types import Assessment
from schema.context import Info
from schema.core.nodes import Id, row_by_id
from schema.core.permissions import Scope
from schema.core.queries import query
from schema.core.rows import shown_as


@strawberry.type
class AssessmentQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="Assessment with the given id. Null when it does not exist or is not visible to the viewer.",
        names_source=True,
    )
    def assessment(info: Info, id: Id) -> Assessment | None:
        return shown_as(Assessment, row_by_id(info, id, "Assessment"))
