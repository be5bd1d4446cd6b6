"""Visibility of notes. Over notes."""

from django.db.models import Q

from courses.policies.participation import NEVER, Viewer, takes_part


def may_see_note(viewer: Viewer) -> Q:
    """Return a predicate: the viewer's own, or public in a course that the viewer takes or teaches."""
    if viewer is None:
        return NEVER
    return Q(user_id=viewer.pk) | Q(is_private=False) & takes_part(viewer, "lesson__course_id")
