"""Sort orders and filters of attempt lists."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from django.db.models import Q

from courses.policies.attempt_time import is_open, is_over
from schema.core import ids
from schema.core.connections import After, Before, First, Last, page_request
from schema.core.enums import AttemptState
from schema.core.orders import by_age, changed_since
from schema.dataloaders.paging import PageRequest


@strawberry.enum(description="Sort orders of attempts.")
class AttemptOrder(Enum):
    NEWEST = strawberry.enum_value("newest", description="By time of creation, newest first.")
    OLDEST = strawberry.enum_value("oldest", description="By time of creation, oldest first.")


OrderBy = Annotated[
    list[AttemptOrder] | None,
    strawberry.argument(description="Sort order; only the first element counts. Default: NEWEST."),
]
StateFilter = Annotated[
    AttemptState | None,
    strawberry.argument(
        description="Only attempts in this state; one whose time is over counts as COMPLETED."
    ),
]
LearnerFilter = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only attempts by the person with this global id.")
]
AssessmentFilter = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only attempts at the assessment with this global id."),
]
UpdatedSince = Annotated[
    datetime | None,
    strawberry.argument(description="Only attempts that were changed at this time or later."),
]


def attempts_of_assessment(
    order_by: OrderBy = None,
    learner_id: LearnerFilter = None,
    state: StateFilter = None,
    updated_since: UpdatedSince = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    of_learner = Q(user_id=ids.pk(learner_id, "User")) if learner_id is not None else Q()
    return page_request(
        first=first,
        after=after,
        last=last,
        before=before,
        order=by_age(order_by),
        where=of_learner & _in_state(state) & changed_since(updated_since),
    )


def attempts_of_viewer(
    order_by: OrderBy = None,
    assessment_id: AssessmentFilter = None,
    state: StateFilter = None,
    updated_since: UpdatedSince = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    of_one = Q(assessment_id=ids.pk(assessment_id, "Assessment")) if assessment_id is not None else Q()
    return page_request(
        first=first,
        after=after,
        last=last,
        before=before,
        order=by_age(order_by),
        where=of_one & _in_state(state) & changed_since(updated_since),
    )


def _in_state(state: AttemptState | None) -> Q:
    """Return the filter of a state: overdue attempts count as completed, also before anybody has closed them."""
    if state is None:
        return Q()
    return is_over() if state == AttemptState.COMPLETED else is_open()
