"""Sort orders, filters and search of note lists."""

from enum import Enum
from typing import Annotated, Any

import strawberry
from django.db.models import Q, Value

from courses.models.notes import NOTE_TAGS, NOTE_WORDS
from courses.rules.tags import normalised_tag
from courses.selectors import notes
from courses.selectors.search import words_query
from courses.utils.folding import Folded
from schema.core import ids
from schema.core.connections import NEWEST_FIRST, After, Before, First, Last, page_request
from schema.core.orders import by_age
from schema.core.search import searchable
from schema.dataloaders.paging import OrderTerm, PageRequest

MOST_RELEVANT_FIRST = (OrderTerm("relevance", descending=True), *NEWEST_FIRST)


@strawberry.enum(description="Sort orders of notes.")
class NoteOrder(Enum):
    NEWEST = strawberry.enum_value("newest", description="By time of creation, newest first.")
    OLDEST = strawberry.enum_value("oldest", description="By time of creation, oldest first.")


def notes_of_lesson(
    order_by: Annotated[
        list[NoteOrder] | None,
        strawberry.argument(description="Sort order; only the first element counts. Default: NEWEST."),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    return page_request(first=first, after=after, last=last, before=before, order=by_age(order_by))


def notes_of_viewer(
    order_by: Annotated[
        list[NoteOrder] | None,
        strawberry.argument(
            description="Sort order; only the first element counts. Default: NEWEST, or with `search` by relevance."
        ),
    ] = None,
    lesson_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Only notes on the lesson with this global id.")
    ] = None,
    tag: Annotated[
        str | None, strawberry.argument(description="Only notes with this tag, ignoring case.")
    ] = None,
    search: Annotated[
        str | None,
        strawberry.argument(
            description="Full-text search, ignoring case: only notes with all these words or beginnings of words. At "
            "most 200 characters; a blank text is no condition."
        ),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> PageRequest:
    where, order = Q(), by_age(order_by)
    annotations: dict[str, Any] = {}
    if lesson_id is not None:
        where &= Q(lesson=ids.pk(lesson_id, "Lesson"))
    if tag is not None:
        annotations["folded_tags"] = NOTE_TAGS
        where &= Q(folded_tags__contains=[Folded(Value(normalised_tag(tag)))])
    if words := searchable(search):
        query = words_query(words)
        annotations["words"] = NOTE_WORDS
        where &= Q(words=query)
        if not order_by:
            annotations["relevance"] = notes.relevance(query)
            order = MOST_RELEVANT_FIRST
    return page_request(
        first=first,
        after=after,
        last=last,
        before=before,
        order=order,
        where=where,
        annotations=tuple(annotations.items()),
    )
