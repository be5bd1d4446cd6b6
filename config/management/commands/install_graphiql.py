"""`manage.py install_graphiql`: download the files of the GraphiQL page, when an image is built or by hand."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from courses.management.data_directory import add_data_directory_argument
from schema.graphiql.installation import InstallationFailed, install


class Command(BaseCommand):
    help = "Download the third-party files of the GraphiQL page. Does nothing when they are here already."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to",
            type=Path,
            default=settings.GRAPHIQL_DIR,
            metavar="DIR",
            help="where they are put, for COURSES_GRAPHIQL_DIR to name",
        )
        add_data_directory_argument(parser)

    def handle(self, *, to: Path, **_: Any) -> None:
        try:
            install(to)
        except InstallationFailed as failure:
            raise CommandError(f"GraphiQL was not installed: {failure}.") from failure
        self.stdout.write(f"GraphiQL is installed in {to}.")
