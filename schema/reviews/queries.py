"""Root fields of reviews: the moderation queue."""

from typing import Annotated

import strawberry
from django.db.models import Q

from courses.selectors import reviews
from schema.context import Info
from schema.core import ids
from schema.core.connections import After, Before, Connection, First, Last, page_request
from schema.core.orders import OLDEST_FIRST
from schema.core.permissions import Scope
from schema.core.queries import query
from schema.core.rows import shown_as
from schema.dataloaders.sources import RootPage
from schema.reviews.types import Review


@strawberry.type
class ReviewQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="Unapproved reviews that the viewer may moderate, oldest first.",
        names_source=True,
    )
    def review_moderation_queue(
        info: Info,
        course_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only reviews of the course with this global id."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Review]:
        where = Q(course=ids.pk(course_id, "Course")) if course_id is not None else None
        request = page_request(
            first=first, after=after, last=last, before=before, order=OLDEST_FIRST, where=where
        )
        page = RootPage(reviews.reviews_waiting_for, request)
        return shown_as(Connection[Review], page)
