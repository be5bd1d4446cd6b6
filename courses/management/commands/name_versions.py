"""`manage.py name_versions`: attempts that an older release started beside this one get versions."""

from typing import Any

from django.core.management.base import BaseCommand

from courses.services import question_versions


class Command(BaseCommand):
    """Name versions in layouts, once."""

    help = "Name the versions of questions in attempts that a process of an older release has started."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Named the versions of {question_versions.name_versions()} attempts.")
