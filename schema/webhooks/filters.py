"""Filters of lists of deliveries."""

from typing import Annotated

import strawberry
from django.db.models import Q

from schema.core.connections import After, Before, First, Last, page_request
from schema.core.enums import DeliveryStatus
from schema.dataloaders.paging import PageRequest

Status = Annotated[
    DeliveryStatus | None, strawberry.argument(description="Only deliveries in this state. Null: all.")
]


def deliveries_of_webhook_endpoint(
    status: Status = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    where = Q() if status is None else Q(status=status)
    return page_request(first=first, after=after, last=last, before=before, where=where)
