"""`manage.py close_expired_attempts`: grade overdue attempts that are not closed yet.

The server does the same each minute; this is for deployments that would rather call it from a scheduler.
"""

from typing import Any

from django.core.management.base import BaseCommand

from courses.services.attempt_endings import close_expired_attempts


class Command(BaseCommand):
    help = "Close the attempts whose time is over, and say how many there were."

    def handle(self, **_: Any) -> str:
        closed = close_expired_attempts()
        return f"Closed {closed} attempt{'' if closed == 1 else 's'} whose time was over."
