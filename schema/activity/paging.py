"""Which activity a list of activity shows: the filters that it offers."""

from typing import Annotated

import strawberry
from django.db.models import Q

from schema.core.connections import After, Before, First, Last, page_request
from schema.core.enums import ActivityType
from schema.dataloaders.paging import PageRequest

TypeFilter = Annotated[ActivityType | None, strawberry.argument(description="Only activity of this type.")]


def activity_of_viewer(
    type: TypeFilter = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    of_type = Q(activity_type=type) if type is not None else Q()
    return page_request(first=first, after=after, last=last, before=before, where=of_type)
