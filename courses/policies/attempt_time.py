"""Open and finished attempts, by time. Over attempts unless it is said; the clock is the database's."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from courses.utils.clock import StatementTimestamp


def has_come(moment: str) -> Q:
    """Return a predicate: the moment in a column has come, or none is set. Over any rows."""
    return Q((f"{moment}__isnull", True)) | Q((f"{moment}__lte", StatementTimestamp()))


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
