"""Notes as a viewer may see them, and how they are found again."""

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import IntegerField, JSONField, QuerySet, TextField
from django.db.models.functions import Cast, Lower

from courses.models import Note
from courses.policies.notes import may_see_note
from courses.policies.participation import Viewer

WORDS = SearchVector("content", config="simple")
"""The words of a note as its index holds them: as they are written, in no language's base forms."""

LOWER_TAGS = Cast(Lower(Cast("tags", TextField())), JSONField())
"""The tags of a note in lower case."""

RANK_STEPS = 1_000_000


def notes_visible_to(viewer: Viewer) -> QuerySet[Note]:
    return Note.objects.filter(may_see_note(viewer))


def notes_of(viewer: Viewer) -> QuerySet[Note]:
    """The viewer's own."""
    return Note.objects.filter(user=viewer) if viewer else Note.objects.none()


def relevance(query: SearchQuery) -> Cast:
    """How well a note answers the query, in millionths: whole, so that a cursor names it exactly."""
    return Cast(SearchRank(WORDS, query) * RANK_STEPS, IntegerField())
