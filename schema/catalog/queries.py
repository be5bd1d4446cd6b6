"""Root fields of the catalogue."""

from typing import Annotated

import strawberry

from courses.selectors import catalog
from schema.catalog.filters import CourseFilter, CourseOrder, narrowed_to, ordered_by
from schema.catalog.types import Course
from schema.context import Info
from schema.core.compiled_reads import look_ahead
from schema.core.connections import After, Before, Connection, First, Last, page_request
from schema.core.nodes import fetch
from schema.core.permissions import Scope
from schema.core.queries import query
from schema.core.rows import shown_as
from schema.dataloaders.paging import page_of


@strawberry.type
class CatalogQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="Course with the given id or slug, or both. Null when it does not exist or is not visible to "
        "the viewer.",
    )
    def course(
        info: Info,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Global id of the course.")
        ] = None,
        slug: Annotated[
            str | None, strawberry.argument(description="Slug of the course, ignoring case.")
        ] = None,
    ) -> Course | None:
        if id is not None:
            course = fetch(info, id, Course)
            is_named = course is not None and slug is not None and slug.lower() == course.slug.lower()
            return course if slug is None or is_named else None
        if slug is not None:
            return shown_as(Course, catalog.courses_named(info.context.viewer, slug).first())
        return None

    @query(scope=Scope.COURSES_READ, description="Courses that the viewer may see.")
    def courses(
        info: Info,
        filter: Annotated[
            CourseFilter | None, strawberry.argument(description="Conditions to meet. Null: every course.")
        ] = None,
        order_by: Annotated[
            list[CourseOrder] | None,
            strawberry.argument(description="Sort orders, the first most significant. Default: NEWEST."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Course]:
        where, annotations = narrowed_to(info.context.viewer, filter)
        request = page_request(
            first=first,
            after=after,
            last=last,
            before=before,
            order=ordered_by(order_by),
            where=where,
            annotations=annotations,
        )
        page = page_of(catalog.courses_visible_to, info.context.viewer, request, look_ahead(info))
        return shown_as(Connection[Course], page)
