"""Root fields of assessments."""

import strawberry

from schema.assessments.types import Assessment
from schema.context import Info
from schema.core.nodes import Id, fetch
from schema.core.permissions import Scope
from schema.core.queries import query


@strawberry.type
class AssessmentQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="Assessment with the given id. Null when it does not exist or is not visible to the viewer.",
    )
    def assessment(info: Info, id: Id) -> Assessment | None:
        return fetch(info, id, Assessment)
