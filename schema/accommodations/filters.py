"""Pages of lists of accommodations, and the learner whose settings are asked for."""

from typing import Annotated

import strawberry

from schema.core import ids
from schema.core.connections import After, Before, First, Last, page_request
from schema.dataloaders.paging import PageRequest

LearnerId = Annotated[
    strawberry.ID, strawberry.argument(description="Global id of a person who takes or took the course.")
]


def accommodations_page(
    first: First = None, after: After = None, last: Last = None, before: Before = None
) -> PageRequest:
    return page_request(first=first, after=after, last=last, before=before)


def learner_asked_for(learner_id: LearnerId) -> int | None:
    return ids.pk(learner_id, "User")
