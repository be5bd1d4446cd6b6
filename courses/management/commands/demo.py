"""`manage.py demo`: everything in one command, from an empty machine to a platform in use."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from courses.constants import Scope
from courses.management import demonstration
from courses.management.demonstration.people import ROLES, password_of
from courses.management.serving import add_serving_arguments, prepare_database, prepare_graphiql, serve
from courses.models import AccessToken, User
from courses.services.access_tokens import create_access_token, revoke_access_token

TOKEN_NAME = "demo"  # noqa: S105 - a name, not a secret


class Command(BaseCommand):
    help = "Start the database, load the demonstration courses once, print who can sign in, and serve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_serving_arguments(parser)

    def handle(self, *, host: str, port: int, workers: int, **_: Any) -> None:
        self._approve_reviews_at_once()
        prepare_database()
        prepare_graphiql()
        if not demonstration.is_loaded():
            demonstration.load()
        self._print_people()
        self.stdout.write(f"GraphiQL: http://{host}:{port}/graphql/")
        self.stdout.flush()
        serve(host=host, port=port, workers=workers)

    def _approve_reviews_at_once(self) -> None:
        """In the demonstration nobody waits for a moderator; workers read it from the environment."""
        os.environ["COURSES_REVIEWS_NEED_APPROVAL"] = "off"
        settings.REVIEWS_NEED_APPROVAL = False

    def _print_people(self) -> None:
        """Everybody who can sign in, each with a token that works from now on."""
        self.stdout.write(f"{'name':<12}{'password':<18}token")
        for person in User.objects.filter(username__in=ROLES).order_by("pk"):
            self.stdout.write(
                f"{person.username:<12}{password_of(person.username):<18}{_fresh_token(person)}"
            )


def _fresh_token(owner: User) -> str:
    """A new secret, because none is kept that could be printed again; it replaces that of the last start."""
    for token in AccessToken.objects.filter(user=owner, name=TOKEN_NAME, revoked_at=None):
        revoke_access_token(owner=owner, token_id=token.pk)
    return create_access_token(owner=owner, name=TOKEN_NAME, scopes=Scope.values).secret
