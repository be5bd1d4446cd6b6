"""Outcomes of calls that name several people, one for each."""

from typing import ClassVar

import strawberry

from schema.accommodations.types import Accommodation
from schema.catalog.types import Enrollment
from schema.core.fields import declared
from schema.core.user_errors import UserErrorCode
from schema.dataloaders import accommodations as accommodation_loaders
from schema.dataloaders import catalog as loaders
from schema.dataloaders import people as people_loaders
from schema.people.types import User


@strawberry.type(
    description="Outcome for one of the people whom a call names: what was done, or `code` and `message` of the reason "
    "why it was not."
)
class LearnerOutcome:
    covered_by_its_mutation: ClassVar[bool] = True

    learner_id: strawberry.Private[int | None] = None
    enrollment_id: strawberry.Private[int | None] = None
    accommodation_id: strawberry.Private[int | None] = None
    learner: User | None = declared(
        people_loaders.learner_of, "Person who was named. Null when it is nobody who could be meant here."
    )
    enrollment: Enrollment | None = declared(
        loaders.enrollment_of_payload, "Enrolment as it is stored now. Null when none was written."
    )
    accommodation: Accommodation | None = declared(
        accommodation_loaders.accommodation_of,
        "Accommodation as it is stored now. Null when none was granted.",
    )
    code: UserErrorCode | None = strawberry.field(
        default=None, description="Machine-readable reason of the refusal. Null when it was done."
    )
    message: str | None = strawberry.field(
        default=None, description="Human-readable reason, and what to do about it. Null when it was done."
    )
