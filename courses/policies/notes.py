"""Who may see notes. Over notes."""

from django.db.models import Q

from courses.policies.participation import NEVER, Viewer, takes_part


def may_see_note(viewer: Viewer) -> Q:
    """One's own always; public ones where one takes or teaches the course. Private ones are the owner's."""
    if viewer is None:
        return NEVER
    return Q(user_id=viewer.pk) | Q(is_private=False) & takes_part(viewer, "lesson__course_id")
