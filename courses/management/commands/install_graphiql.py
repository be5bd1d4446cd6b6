"""`manage.py install_graphiql`: bring the files of the GraphiQL page, as `demo` and `serve` do by themselves."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from courses.management.graphiql_installation import InstallationFailed, install


class Command(BaseCommand):
    help = "Download the third-party files of the GraphiQL page. Does nothing when they are here already."
    requires_system_checks = []

    def handle(self, **_: Any) -> None:
        try:
            install()
        except InstallationFailed as failure:
            raise CommandError(f"GraphiQL was not installed: {failure}.") from failure
        self.stdout.write("GraphiQL is installed.")
