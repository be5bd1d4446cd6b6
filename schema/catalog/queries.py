"""Root fields of the catalogue."""

from typing import Annotated

import strawberry

from courses.selectors import catalog
from schema.catalog.filters import CourseFilter, CourseOrder, narrowed_to, ordered_by
from schema.catalog.types import Course
from schema.context import Info
from schema.core.connections import After, Before, Connection, First, Last, page_request
from schema.core.ids import pk
from schema.core.nodes import row_by_id
from schema.core.permissions import Scope
from schema.core.queries import query
from schema.core.rows import shown_as
from schema.dataloaders.sources import NoRow, RootPage, RowBy


@strawberry.type
class CatalogQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="Course with the given id or slug, or both. Null when it does not exist or is not visible to "
        "the viewer.",
        names_source=True,
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
        if slug is None:
            return shown_as(Course, NoRow() if id is None else row_by_id(info, id, "Course"))
        named: tuple[tuple[str, int | str], ...] = (("name", slug.lower()),)
        if id is not None:
            named = (("pk", pk(id, "Course") or 0), *named)
        return shown_as(Course, RowBy(catalog.courses_by_name, named))

    @query(scope=Scope.COURSES_READ, description="Courses that the viewer may see.", names_source=True)
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
        return shown_as(Connection[Course], RootPage(catalog.courses_visible_to, request))
