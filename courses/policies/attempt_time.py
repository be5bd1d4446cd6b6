"""Open and finished attempts, by time. Over attempts; the clock is the database's."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from courses.utils.clock import StatementTimestamp


def overdue() -> Q:
    """Return a predicate: open past the deadline and its slack, not closed yet."""
    slack = timedelta(seconds=settings.SUBMISSION_SLACK_SECONDS)
    return Q(is_completed=False, deadline_at__lt=StatementTimestamp() - slack)


def is_over() -> Q:
    """Return a predicate: completed, or overdue though not closed yet."""
    return Q(is_completed=True) | overdue()


def is_open() -> Q:
    """Return a predicate: neither completed nor overdue."""
    return Q(is_completed=False) & ~overdue()
