"""Notifications, visible to their recipient alone."""

from collections.abc import Sequence

from django.db.models import Count, QuerySet

from courses.models import Notification
from courses.policies.participation import Viewer


def notifications_of(viewer: Viewer) -> QuerySet[Notification]:
    """Return the viewer's own notifications."""
    return Notification.objects.filter(user=viewer) if viewer else Notification.objects.none()


def unread_notification_counts(viewer: Viewer, people: Sequence[int]) -> dict[int, int]:
    """Return the number of unread notifications of the viewer; nothing about other people."""
    unread = notifications_of(viewer).filter(is_read=False, user__in=people).order_by().values_list("user")
    return dict(unread.annotate(Count("pk")))
