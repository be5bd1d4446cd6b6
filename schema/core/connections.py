"""Relay connections: edges, cursors and page info over keyset pagination.

`page_request(...)` validates the arguments of clients (first, after, last, before), and is the only place that knows
the limits of a page. A cursor is base64 of JSON: the values of the sort keys in one row. Its format is opaque and may
change; a cursor that does not fit its list is refused.
"""

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import orjson
import strawberry
from django.conf import settings
from django.db.models import Q
from django.db.models.expressions import BaseExpression
from graphql import GraphQLError

from courses.rules.numbers import as_number
from schema.core.fields import computed, declared, described
from schema.dataloaders.base import TotalCount
from schema.dataloaders.paging import OrderTerm, Page, PageEdge, PageRequest

T = TypeVar("T")

First = Annotated[
    int | None,
    strawberry.argument(
        description="Page size from the start of the list, 1 to 100 unless the server sets another limit. "
        "Excludes `last`; 20 rows come when neither is given."
    ),
]
After = Annotated[
    str | None,
    strawberry.argument(
        description="Opaque cursor: only rows after it. For the next page give `pageInfo.endCursor`."
    ),
]
Last = Annotated[
    int | None,
    strawberry.argument(
        description="Page size from the end of the list, 1 to 100 unless the server sets another limit. Excludes "
        "`first`."
    ),
]
Before = Annotated[
    str | None,
    strawberry.argument(
        description="Opaque cursor: only rows before it. For the previous page give `pageInfo.startCursor`, with "
        "`last`."
    ),
]

NEWEST_FIRST: tuple[OrderTerm, ...] = (
    OrderTerm("created_date", descending=True, kind=datetime),
    OrderTerm("pk", descending=True),
)


@strawberry.type(description="Position of a page in its list, and the cursors for its neighbours.")
class PageInfo:
    has_next_page: bool = described("Whether the list has rows after this page.")
    has_previous_page: bool = described("Whether the list has rows before this page.")
    start_cursor: str | None = described("Cursor of the first edge. Null when the page is empty.")
    end_cursor: str | None = described("Cursor of the last edge. Null when the page is empty.")


@strawberry.type(description="Row of a list with its cursor (Relay edge).")
class Edge(Generic[T]):
    node: T = described("The row itself.")

    @computed(
        "Opaque cursor of this row, for `after` or `before`. Valid for the same list in the same order only."
    )
    def cursor(root: PageEdge) -> str:
        return encode_cursor(root.node, root.page.request.order)


@strawberry.type(
    description="Page of a list (Relay connection). Keyset pagination: rows that are added or removed "
    "meanwhile neither repeat nor skip others."
)
class Connection(Generic[T]):
    edges: list[Edge[T]] = described("Rows of this page with their cursors, in the list's order.")
    total_count: int = declared(TotalCount(), "Number of rows on all pages together, filters applied.")

    @computed("Position of this page in the list, with its first and last cursor.")
    def page_info(root: Page) -> PageInfo:
        ends = [encode_cursor(row, root.request.order) for row in (*root.rows[:1], *root.rows[-1:])]
        return PageInfo(
            has_next_page=root.has_next_page,
            has_previous_page=root.has_previous_page,
            start_cursor=ends[0] if ends else None,
            end_cursor=ends[-1] if ends else None,
        )


def page_request(
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    order: tuple[OrderTerm, ...] = NEWEST_FIRST,
    where: Q | None = None,
    annotations: tuple[tuple[str, BaseExpression], ...] = (),
) -> PageRequest:
    """Build the PageRequest of a connection's arguments. Raises GraphQLError (BAD_USER_INPUT) for invalid ones."""
    if first is not None and last is not None:
        raise _refused("Give `first` or `last`, not both.")
    return PageRequest(
        size=page_size(last if first is None else first),
        order=order,
        after=decode_cursor(after, order) if after is not None else None,
        before=decode_cursor(before, order) if before is not None else None,
        backwards=last is not None,
        where=where or Q(),
        annotations=annotations,
    )


def page_size(asked: int | None) -> int:
    """Return the size of a page, the default where none is asked for. Raises GraphQLError (BAD_USER_INPUT)."""
    size: int = settings.DEFAULT_PAGE_SIZE if asked is None else asked
    if not 1 <= size <= settings.MAX_PAGE_SIZE:
        raise _refused(f"A page has 1 to {settings.MAX_PAGE_SIZE} rows; {size} were asked for.")
    return size


def encode_cursor(row: Any, order: Sequence[OrderTerm]) -> str:
    values = [getattr(row, term.column) for term in order]
    return base64.urlsafe_b64encode(orjson.dumps([_written(value) for value in values])).decode()


def decode_cursor(cursor: str, order: Sequence[OrderTerm]) -> tuple[Any, ...]:
    """Decode a cursor to the values of its sort keys. Raises GraphQLError (BAD_USER_INPUT) if it is another list's."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(values, list) or len(values) != len(order):
            raise ValueError("another list's cursor")
        return tuple(_READERS[term.kind](value) for term, value in zip(order, values, strict=True))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise not_of_this_list() from error


def not_of_this_list() -> GraphQLError:
    """Build the error (BAD_USER_INPUT) of a cursor that is malformed, or of another list."""
    return _refused("The cursor is not one of this list: start again from its first page.")


def _written(value: Any) -> Any:
    """Serialise one value of a cursor for JSON; microseconds are kept, or a page would repeat rows."""
    return (
        value.isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, Decimal)
        else value
    )


def _integer(value: Any) -> int:
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError("no integer of the database")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("no text of the database")
    return value


def _decimal(value: Any) -> Decimal:
    number = as_number(_text(value))
    if number is None or abs(number.adjusted()) >= 20:
        raise ValueError("no number of the database")
    return number


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no moment of the database")
    return moment.astimezone(UTC)


_READERS: dict[type, Callable[[Any], Any]] = {int: _integer, str: _text, Decimal: _decimal, datetime: _moment}


def _refused(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
