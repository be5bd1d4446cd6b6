"""Which pages of notes can be asked for: the filters of their lists, and search."""

from typing import Annotated, Any

import strawberry
from django.db.models import Q

from courses.rules.tags import normalised_tag
from courses.selectors import notes
from courses.selectors.search import words_query
from schema.core import ids
from schema.core.connections import NEWEST_FIRST, After, First, page_request
from schema.core.search import searchable
from schema.dataloaders.paging import OrderTerm, PageRequest

MOST_RELEVANT_FIRST = (OrderTerm("relevance", descending=True), *NEWEST_FIRST)


def notes_of_lesson(first: First = None, after: After = None) -> PageRequest:
    return page_request(first=first, after=after, order=NEWEST_FIRST)


def notes_of_viewer(
    lesson_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Only notes on this lesson.")
    ] = None,
    tag: Annotated[
        str | None, strawberry.argument(description="Only notes with this tag, in upper or lower case.")
    ] = None,
    search: Annotated[
        str | None,
        strawberry.argument(
            description="Only notes with all these words or beginnings of words, the best match first. "
            "At most 200 characters; an empty text asks for all notes."
        ),
    ] = None,
    first: First = None,
    after: After = None,
) -> PageRequest:
    where, order = Q(), NEWEST_FIRST
    annotations: dict[str, Any] = {}
    if lesson_id is not None:
        where &= Q(lesson=ids.pk(lesson_id, "Lesson"))
    if tag is not None:
        annotations["lower_tags"] = notes.LOWER_TAGS
        where &= Q(lower_tags__contains=[normalised_tag(tag).lower()])
    if words := searchable(search):
        query = words_query(words)
        annotations |= {"words": notes.WORDS, "relevance": notes.relevance(query)}
        where &= Q(words=query)
        order = MOST_RELEVANT_FIRST
    return page_request(
        first=first, after=after, order=order, where=where, annotations=tuple(annotations.items())
    )
