"""Sort orders and filters of lists of courses and of enrolments."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry
from django.db.models import Q
from django.db.models.expressions import BaseExpression
from graphql import GraphQLError

from courses.constants import MAX_RATING
from courses.models.catalog import COURSE_WORDS
from courses.policies.participation import takes
from courses.selectors.people import is_called
from courses.selectors.search import words_query
from schema.core import ids
from schema.core.connections import After, Before, First, Last, page_request
from schema.core.enums import EnrollmentStatus
from schema.core.orders import changed_since
from schema.core.search import searchable
from schema.dataloaders.base import Viewer
from schema.dataloaders.paging import OrderTerm, PageRequest


@strawberry.input(description="Filter of courses: all conditions that are given must hold (AND).")
class CourseFilter:
    search: str | None = strawberry.field(
        default=None,
        description="Full-text search, ignoring case: words, or beginnings of words, that all stand in title or "
        "description. At most 200 characters; a blank text is no condition.",
    )
    is_published: bool | None = strawberry.field(
        default=None, description="True: only published courses. False: only drafts that the viewer may see."
    )
    instructor_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only courses taught by the person with this global id."
    )
    enrolled_by_me: bool | None = strawberry.field(
        default=None,
        description="True: only courses that the viewer takes. False: only the others.",
    )
    minimum_rating: Decimal | None = strawberry.field(
        default=None,
        description="Only courses whose approved reviews have at least this mean of stars, 0 to 5; without "
        "reviews it counts as 0.",
    )
    updated_since: datetime | None = strawberry.field(
        default=None, description="Only courses that were changed themselves at this time or later."
    )


@strawberry.enum(description="Sort orders of courses.")
class CourseOrder(Enum):
    NEWEST = strawberry.enum_value("newest", description="By time of creation, newest first.")
    TITLE = strawberry.enum_value("title", description="By title, ascending (A to Z).")
    RATING = strawberry.enum_value("rating", description="By mean rating, best first.")
    POPULARITY = strawberry.enum_value(
        "popularity", description="By number of learners, as last computed, most first."
    )


_TERMS = {
    CourseOrder.NEWEST: OrderTerm("created_date", descending=True, kind=datetime),
    CourseOrder.TITLE: OrderTerm("title", kind=str),
    CourseOrder.RATING: OrderTerm("average_rating", descending=True, kind=Decimal),
    CourseOrder.POPULARITY: OrderTerm("learner_count", descending=True),
}


NEWEST_ENROLLMENT = (
    OrderTerm("enrolled_date", descending=True, kind=datetime),
    OrderTerm("pk", descending=True),
)

ChangedEnrollments = Annotated[
    datetime | None,
    strawberry.argument(description="Only enrolments that were changed at this time or later."),
]


def enrollments_of_course(
    status: Annotated[
        EnrollmentStatus | None, strawberry.argument(description="Only enrolments with this status.")
    ] = None,
    search: Annotated[
        str | None,
        strawberry.argument(
            description="Full-text search, ignoring case: only people whose display name has all these words or "
            "beginnings of words. At most 200 characters; a blank text is no condition."
        ),
    ] = None,
    updated_since: ChangedEnrollments = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    where = Q()
    if status is not None:
        where &= Q(status=status)
    if words := searchable(search):
        where &= is_called(words, "user_id")
    where &= changed_since(updated_since)
    return page_request(
        first=first,
        after=after,
        last=last,
        before=before,
        order=NEWEST_ENROLLMENT,
        where=where,
    )


def ordered_by(orders: list[CourseOrder] | None) -> tuple[OrderTerm, ...]:
    """Return the sort keys of `orders`, without duplicates; ties are broken by id, in the direction of the last."""
    terms = tuple(_TERMS[order] for order in dict.fromkeys(orders or [CourseOrder.NEWEST]))
    return (*terms, OrderTerm("pk", descending=terms[-1].descending))


def narrowed_to(
    viewer: Viewer, filter: CourseFilter | None
) -> tuple[Q, tuple[tuple[str, BaseExpression], ...]]:
    """Compile a filter to its condition and the annotations that the condition names."""
    where = Q()
    annotations: tuple[tuple[str, BaseExpression], ...] = ()
    if filter is None:
        return where, annotations
    if words := searchable(filter.search):
        where &= Q(words=words_query(words))
        annotations = (("words", COURSE_WORDS),)
    if filter.is_published is not None:
        where &= Q(is_published=filter.is_published)
    if filter.instructor_id is not None:
        where &= Q(instructors__in=[ids.pk(filter.instructor_id, "User")])  # an unknown id matches nothing
    if filter.enrolled_by_me is not None:
        where &= takes(viewer) if filter.enrolled_by_me else ~takes(viewer)
    if filter.minimum_rating is not None:
        where &= Q(average_rating__gte=_rating(filter.minimum_rating))
    where &= changed_since(filter.updated_since)
    return where, annotations


def _rating(rating: Decimal) -> Decimal:
    """Validate a minimum of the mean rating. Raises GraphQLError (BAD_USER_INPUT) outside the range of ratings."""
    if not 0 <= rating <= MAX_RATING:
        raise GraphQLError(
            f"Give a minimum rating from 0 to {MAX_RATING}.", extensions={"code": "BAD_USER_INPUT"}
        )
    return rating
