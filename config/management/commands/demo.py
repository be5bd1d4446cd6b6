"""`manage.py demo`: set up the demonstration on an empty machine, and serve it."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.management.serving import add_serving_arguments, prepare, serve
from courses.management import demonstration
from courses.management.demonstration.people import ROLES, password_of
from courses.management.demonstration.tokens import count_as_running, fresh_token
from courses.models import User
from schema.graphiql import installation

LONGEST_INSTALLATION_SECONDS = 30


class Command(BaseCommand):
    help = "Start the database, load the demonstration courses once, print who can sign in, and serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_serving_arguments(parser)

    def handle(self, *, host: str, port: int, workers: int, **_: Any) -> None:
        listening = prepare(host=host, port=port, workers=workers)
        origin = f"http://{host}:{listening.getsockname()[1]}"
        self._serve_as_a_demonstration()
        self.install_graphiql()
        if not demonstration.is_loaded():
            demonstration.load(origin=origin)
        session = count_as_running()
        self._print_people()
        self.stdout.write(f"GraphiQL: {origin}/graphql/")
        self.stdout.flush()
        serve(listening, workers=workers)
        session.close()

    def _serve_as_a_demonstration(self) -> None:
        """Switch moderation off, webhooks to this machine and the demonstration on, here and in the environment of
        workers.
        """
        os.environ |= {
            "COURSES_REVIEWS_NEED_APPROVAL": "off",
            "COURSES_WEBHOOKS_ALLOW_LOOPBACK": "on",
            "COURSES_DEMONSTRATION": "on",
        }
        settings.REVIEWS_NEED_APPROVAL = False
        settings.WEBHOOKS_ALLOW_LOOPBACK = True
        settings.DEMONSTRATION = True

    def install_graphiql(self) -> None:
        """Download the files of the page when they are missing. Without them all the rest is served."""
        try:
            installation.install(timeout_seconds=LONGEST_INSTALLATION_SECONDS)
        except installation.InstallationFailed as failure:
            self.stderr.write(
                f"GraphiQL is not installed: {failure}. `manage.py install_graphiql` tries again."
            )

    def _print_people(self) -> None:
        """Print everybody who can sign in, each with a token that works from now on."""
        self.stdout.write(f"{'name':<12}{'password':<18}token")
        for person in User.objects.filter(username__in=ROLES).order_by("pk"):
            self.stdout.write(f"{person.username:<12}{password_of(person.username):<18}{fresh_token(person)}")
