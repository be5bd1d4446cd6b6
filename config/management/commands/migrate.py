"""`manage.py migrate`: Django's own, which lets those who use a table go first.

A migration that has to wait for a table has everybody else wait who comes after it. So it waits for SHORT_WAIT_MS at a
time, lets them pass, and tries again, for some minutes in all.
"""

import logging
import time
from typing import Any

from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import OperationalError, connections
from django.db.migrations import Migration
from psycopg2 import errors

logger = logging.getLogger("courses.migrate")

SHORT_WAIT_MS = 500
"""Longest time for which those who come later wait for a migration."""
PAUSE_SECONDS = 2.0
"""Time in which those who have waited are served, before the next try."""
TRIES = 60


class Command(MigrateCommand):
    """Migrates. A migration that is one transaction is begun again when a table is not free; any other waits as long as
    every statement does, and is left to the operator, because a part of it may be there.
    """

    _is_whole = False
    """True while a migration is under way that is one transaction."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, as the options ask. Raises OperationalError when a table is never free."""
        self._alias: str = options["database"]
        for _ in range(TRIES - 1):
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                if not self._is_whole or not _is_about_a_lock(error):
                    raise
                logger.warning("migrate: the table that is to be changed is in use, and it is tried again")
            time.sleep(PAUSE_SECONDS)
        super().handle(*args, **options)

    def migration_progress_callback(
        self, action: str, migration: Migration | None = None, fake: bool = False
    ) -> None:
        """Tell of the progress, and set for how long a migration waits for a lock, before it and after it."""
        if migration is not None:
            self._is_whole = migration.atomic
            is_short = self._is_whole and action in ("apply_start", "unapply_start")
            with connections[self._alias].cursor() as cursor:
                cursor.execute(f"SET lock_timeout = {SHORT_WAIT_MS}" if is_short else "RESET lock_timeout")
        super().migration_progress_callback(action, migration, fake)


def _is_about_a_lock(error: OperationalError) -> bool:
    return isinstance(error.__cause__, errors.LockNotAvailable)
