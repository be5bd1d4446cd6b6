"""Sort orders and filters of review lists."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from django.db.models import Q

from courses.constants import MAX_RATING, MIN_RATING
from schema.core.connections import NEWEST_FIRST, After, Before, First, Last, page_request
from schema.core.error_codes import ErrorCode, graphql_error
from schema.core.orders import changed_since
from schema.dataloaders.paging import OrderTerm, PageRequest


@strawberry.enum(description="Sort orders of reviews.")
class ReviewOrder(Enum):
    NEWEST = strawberry.enum_value("newest", description="By time of creation, newest first.")
    OLDEST = strawberry.enum_value("oldest", description="By time of creation, oldest first.")
    MOST_HELPFUL = strawberry.enum_value(
        "most_helpful", description="By number of helpful votes, most first."
    )
    HIGHEST_RATING = strawberry.enum_value("highest_rating", description="By rating, 5 stars first.")
    LOWEST_RATING = strawberry.enum_value("lowest_rating", description="By rating, 1 star first.")


_TERMS = {
    ReviewOrder.NEWEST: OrderTerm("created_date", descending=True, kind=datetime),
    ReviewOrder.OLDEST: OrderTerm("created_date", kind=datetime),
    ReviewOrder.MOST_HELPFUL: OrderTerm("helpful_count", descending=True),
    ReviewOrder.HIGHEST_RATING: OrderTerm("rating", descending=True),
    ReviewOrder.LOWEST_RATING: OrderTerm("rating"),
}


UpdatedSince = Annotated[
    datetime | None,
    strawberry.argument(description="Only reviews that were changed at this time or later."),
]


def reviews_of_course(
    order_by: Annotated[
        list[ReviewOrder] | None,
        strawberry.argument(description="Sort orders, the first most significant. Default: NEWEST."),
    ] = None,
    rating: Annotated[
        int | None, strawberry.argument(description="Only reviews with this rating, 1 to 5 stars.")
    ] = None,
    featured_only: Annotated[
        bool | None, strawberry.argument(description="True: only featured reviews.")
    ] = False,
    updated_since: UpdatedSince = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    if rating is not None and not MIN_RATING <= rating <= MAX_RATING:
        raise graphql_error(
            ErrorCode.BAD_USER_INPUT,
            f"A review has {MIN_RATING} to {MAX_RATING} stars; {rating} were asked for.",
        )
    where = changed_since(updated_since)
    if rating is not None:
        where &= Q(rating=rating)
    if featured_only:
        where &= Q(is_featured=True)
    order = _sorted_by(order_by or [ReviewOrder.NEWEST])
    return page_request(first=first, after=after, last=last, before=before, order=order, where=where)


def reviews_of_viewer(
    updated_since: UpdatedSince = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    where = changed_since(updated_since)
    return page_request(first=first, after=after, last=last, before=before, order=NEWEST_FIRST, where=where)


def _sorted_by(orders: list[ReviewOrder]) -> tuple[OrderTerm, ...]:
    """Return the sort keys of `orders`, each column once; ties are newest first, unless OLDEST is asked."""
    terms: dict[str, OrderTerm] = {}
    for order in orders:
        terms.setdefault(_TERMS[order].column, _TERMS[order])
    by_age = terms.get("created_date", _TERMS[ReviewOrder.NEWEST])
    return (*terms.values(), OrderTerm("pk", descending=by_age.descending))
