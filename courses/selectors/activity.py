"""Activity, visible to its actor alone."""

from django.db.models import QuerySet

from courses.models import UserActivity
from courses.policies.participation import Viewer


def activity_of(viewer: Viewer) -> QuerySet[UserActivity]:
    """Return the viewer's own activity."""
    return UserActivity.objects.filter(user=viewer) if viewer else UserActivity.objects.none()
