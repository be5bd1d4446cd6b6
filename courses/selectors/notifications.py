"""Notifications, visible to their recipient alone."""

from django.db.models import QuerySet

from courses.models import Notification
from courses.policies.participation import Viewer


def notifications_of(viewer: Viewer) -> QuerySet[Notification]:
    """Return the viewer's own notifications."""
    return Notification.objects.filter(user=viewer) if viewer else Notification.objects.none()


def unread_notifications_of(viewer: Viewer) -> QuerySet[Notification]:
    """Return those of the viewer's notifications that are unread."""
    return notifications_of(viewer).filter(is_read=False)
