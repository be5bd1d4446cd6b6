"""`manage.py refresh_statistics`: recompute stale statistics."""

import logging
import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, connection

from courses.services import statistics

logger = logging.getLogger("courses.statistics")

PAUSE_SECONDS = 1.0
"""Pause of `--watch` when nothing is stale."""


class Command(BaseCommand):
    """Refresh stale statistics once, all of them once, or stale ones until the process is stopped."""

    help = "Compute the statistics that are stale. Any number of these may run at once."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--all", action="store_true", help="compute everything from scratch")
        which.add_argument("--watch", action="store_true", help="go on until the process is stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["watch"]:
            self._watch()
            return
        count = statistics.refresh_all() if options["all"] else statistics.refresh_stale()
        self.stdout.write(f"Refreshed the statistics of {count} courses and people.")

    def _watch(self) -> None:
        stopped = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        self.stdout.write("Refreshing statistics as they become stale. Stop with Ctrl+C.")
        while not stopped.is_set():
            if not self._refresh_or_reconnect():
                stopped.wait(PAUSE_SECONDS)

    def _refresh_or_reconnect(self) -> int:
        """Refresh stale statistics; a database that is away is tried again later."""
        try:
            return statistics.refresh_stale()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The database cannot work now, trying again: %s", error)
            connection.close()
            return 0
