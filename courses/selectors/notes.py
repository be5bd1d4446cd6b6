"""Notes narrowed to a viewer, and their relevance in a search."""

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import IntegerField, QuerySet
from django.db.models.functions import Cast

from courses.models import Note
from courses.models.notes import NOTE_WORDS
from courses.policies.notes import may_see_note
from courses.policies.participation import Viewer

RANK_STEPS = 1_000_000


def notes_visible_to(viewer: Viewer) -> QuerySet[Note]:
    """Return the viewer's own notes, and public ones of courses that the viewer takes or teaches."""
    return Note.objects.filter(may_see_note(viewer))


def notes_of(viewer: Viewer) -> QuerySet[Note]:
    """Return the viewer's own notes."""
    return Note.objects.filter(user=viewer) if viewer else Note.objects.none()


def relevance(query: SearchQuery) -> Cast:
    """Return the rank of a note for the query, in millionths: whole, so that a cursor names it exactly."""
    return Cast(SearchRank(NOTE_WORDS, query) * RANK_STEPS, IntegerField())
