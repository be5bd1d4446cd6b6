"""Which attempts can still be worked on, and which are over. Over attempts; the clock is the database's."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from courses.utils.clock import StatementTimestamp


def overdue() -> Q:
    """Open attempts past their deadline and its slack, which nobody has closed yet."""
    slack = timedelta(seconds=settings.SUBMISSION_SLACK_SECONDS)
    return Q(is_completed=False, deadline_at__lt=StatementTimestamp() - slack)


def is_over() -> Q:
    """Attempts that were completed, or whose time is over though nobody has closed them yet."""
    return Q(is_completed=True) | overdue()


def is_open() -> Q:
    """Attempts that a learner can still work on."""
    return Q(is_completed=False) & ~overdue()
