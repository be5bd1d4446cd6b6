"""Sort orders and filters of activity lists."""

from enum import Enum
from typing import Annotated

import strawberry
from django.db.models import Q

from schema.core.connections import After, Before, First, Last, page_request
from schema.core.enums import ActivityType
from schema.core.orders import by_age
from schema.dataloaders.paging import PageRequest


@strawberry.enum(description="Sort orders of activity.")
class ActivityOrder(Enum):
    NEWEST = strawberry.enum_value("newest", description="By time of creation, newest first.")
    OLDEST = strawberry.enum_value("oldest", description="By time of creation, oldest first.")


OrderBy = Annotated[
    list[ActivityOrder] | None,
    strawberry.argument(description="Sort order; only the first element counts. Default: NEWEST."),
]
TypeFilter = Annotated[ActivityType | None, strawberry.argument(description="Only activity of this type.")]


def activity_of_viewer(
    order_by: OrderBy = None,
    type: TypeFilter = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    of_type = Q(activity_type=type) if type is not None else Q()
    return page_request(
        first=first, after=after, last=last, before=before, order=by_age(order_by), where=of_type
    )
