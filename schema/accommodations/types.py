"""Output types of accommodations."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from django.db.models import Value
from django.db.models.functions import NullIf

from courses import models
from courses.constants import Scope
from courses.models.accommodations import AssessmentForLearner
from courses.selectors.accommodations import SeenAccommodation
from schema.core.fields import column, computed, declared
from schema.core.ids import Node, node
from schema.dataloaders import accommodations as loaders
from schema.dataloaders import assessments as assessment_loaders
from schema.dataloaders import catalog as catalog_loaders
from schema.dataloaders import people as people_loaders
from schema.people.types import User

if TYPE_CHECKING:
    from schema.assessments.types import Assessment
    from schema.catalog.types import Course


@node(models.Accommodation, by_pk=loaders.accommodation_by_id, scope=Scope.ATTEMPTS_READ)
class Accommodation(Node):
    extra_minutes: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    reason: str
    created_at: datetime = column("created_date")
    learner: User = declared(people_loaders.user_of, "Person for whom it counts.")
    course: Annotated["Course", strawberry.lazy("schema.catalog.types")] = declared(
        catalog_loaders.course_of, "Course that it was granted in."
    )
    assessment: Annotated["Assessment", strawberry.lazy("schema.assessments.types")] | None = declared(
        assessment_loaders.assessment_of,
        "The only assessment that it counts for. Null when it counts for every assessment of the course that has no "
        "accommodation of its own for a setting.",
    )
    granted_by: User | None = declared(
        people_loaders.granter_of, "Person who granted it last. Null for somebody who is no longer here."
    )

    @computed(
        "Factor of the time limit, 1 to 10; the limit is rounded up to whole minutes. Null when it is not set here.",
        columns=("time_factor",),
    )
    def time_factor(root: SeenAccommodation) -> Decimal | None:
        factor = root.time_factor
        return None if factor is None else Decimal(f"{factor.normalize():f}")

    @computed(
        "Number of attempts beyond `maxAttempts`; 0 when it is not set here.", columns=("extra_attempts",)
    )
    def extra_attempts(root: SeenAccommodation) -> int:
        return root.extra_attempts or 0

    @computed(
        "Whether the learner may start further attempts although they could see the right answers; false when it is "
        "not set here.",
        columns=("may_retake_after_key",),
    )
    def may_retake_after_key(root: SeenAccommodation) -> bool:
        return bool(root.may_retake_after_key)


@strawberry.type(
    description="Settings of an assessment that count for one learner: each is that of the learner's accommodation in "
    "the assessment, else of that in the course, else the assessment's own."
)
class EffectiveSettings:
    max_attempts: int = column("effective_max_attempts", "Number of attempts that the learner may make.")
    opens_at: datetime | None = column(
        "effective_opens_at", "Time from which attempts can be started. Null: at once."
    )
    closes_at: datetime | None = column(
        "effective_closes_at",
        "Time from which no attempt can be started, and at which running ones end. Null: never.",
    )

    @computed(
        "Time limit of an attempt, in minutes. Null: no limit.",
        columns=("effective_time_limit",),
        in_sql=NullIf("effective_time_limit", Value(0)),
    )
    def time_limit_minutes(root: AssessmentForLearner) -> int | None:
        return root.effective_time_limit or None
