"""Root fields of attempts."""

import strawberry

from schema.attempts.types import AssessmentAttempt
from schema.context import Info
from schema.core.nodes import Id, row_by_id
from schema.core.permissions import Scope
from schema.core.queries import query
from schema.core.rows import shown_as


@strawberry.type
class AttemptQuery:
    @query(
        scope=Scope.ATTEMPTS_READ,
        description="Attempt with the given id. Null when it does not exist or is not visible to the viewer: "
        "learners see their own, staff of the course all.",
        names_source=True,
    )
    def attempt(info: Info, id: Id) -> AssessmentAttempt | None:
        return shown_as(AssessmentAttempt, row_by_id(info, id, "AssessmentAttempt"))
