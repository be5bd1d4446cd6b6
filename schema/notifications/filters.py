"""Filters of notification lists."""

from typing import Annotated

import strawberry
from django.db.models import Q

from schema.core.connections import After, Before, First, Last, page_request
from schema.dataloaders.paging import PageRequest

UnreadOnly = Annotated[bool | None, strawberry.argument(description="True: only unread notifications.")]


def notifications_of_viewer(
    unread_only: UnreadOnly = False,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    unread = Q(is_read=False) if unread_only else Q()
    return page_request(first=first, after=after, last=last, before=before, where=unread)
