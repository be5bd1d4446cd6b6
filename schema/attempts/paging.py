"""Which attempts a list of attempts shows: the filters that every such list offers."""

from typing import Annotated

import strawberry
from django.db.models import Q

from courses.constants import AttemptState as State
from courses.policies.attempt_time import is_open, is_over
from schema.core import ids
from schema.core.connections import After, First, page_request
from schema.core.enums import AttemptState
from schema.dataloaders.paging import PageRequest

StateFilter = Annotated[AttemptState | None, strawberry.argument(description="Only attempts in this state.")]
LearnerFilter = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only this person's attempts.")
]
AssessmentFilter = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only of this assessment.")
]


def attempts_of_assessment(
    learner_id: LearnerFilter = None, state: StateFilter = None, first: First = None, after: After = None
) -> PageRequest:
    of_learner = Q(user_id=ids.pk(learner_id, "User")) if learner_id is not None else Q()
    return page_request(first=first, after=after, where=of_learner & _in_state(state))


def attempts_of_viewer(
    assessment_id: AssessmentFilter = None,
    state: StateFilter = None,
    first: First = None,
    after: After = None,
) -> PageRequest:
    of_one = Q(assessment_id=ids.pk(assessment_id, "Assessment")) if assessment_id is not None else Q()
    return page_request(first=first, after=after, where=of_one & _in_state(state))


def _in_state(state: AttemptState | None) -> Q:
    """An attempt whose time is over counts as completed, also before anybody has closed it."""
    if state is None:
        return Q()
    return is_over() if state == State.COMPLETED else is_open()
