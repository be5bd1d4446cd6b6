"""`manage.py archive_activity`: move old activity to a file, and restore it."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.exceptions import Refusal
from courses.services import activity_archives


class Command(BaseCommand):
    """Move activity from before a day (UTC) to a file, or restore a file. Statistics stay the same."""

    help = "Move old activity to compressed JSON lines, or bring it back. Interrupted, run it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before", type=date.fromisoformat, metavar="DATE", help="the first day that stays"
        )
        parser.add_argument(
            "--to", type=Path, metavar="FILE", help="the file to write, such as 2025.jsonl.gz"
        )
        parser.add_argument("--restore", type=Path, metavar="FILE", help="the file to bring back")

    def handle(self, *args: Any, **options: Any) -> None:
        before, target, source = options["before"], options["to"], options["restore"]
        try:
            if source and not (before or target):
                self.stdout.write(f"Restored {activity_archives.restore_activity(path=source)} activities.")
            elif before and target and not source:
                self._archive(before, target)
            else:
                raise CommandError("Give --before DATE and --to FILE, or --restore FILE alone.")
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        except OSError as error:
            raise CommandError(f"The file cannot be used: {error}") from error

    def _archive(self, before: date, target: Path) -> None:
        moment = datetime.combine(before, time.min, UTC)
        count = activity_archives.archive_activity(before=moment, path=target)
        where = f"They are in {target}." if count else "No file was written."
        self.stdout.write(f"Archived {count} activities from before {before}. {where}")
