"""`manage.py create_access_token USERNAME`: create a token for a script, its secret alone on standard output."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from courses.constants import Scope
from courses.exceptions import Refusal
from courses.management.data_directory import add_data_directory_argument
from courses.models import User
from courses.services.access_tokens import create_access_token
from courses.utils.clock import database_now


class Command(BaseCommand):
    help = "Make an access token for a person and print its secret, and nothing else."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="whom the token acts for")
        parser.add_argument("--name", default="command line", help="what it is for")
        parser.add_argument(
            "--scope",
            action="append",
            dest="scopes",
            metavar="SCOPE",
            help="one of " + ", ".join(Scope.values),
        )
        parser.add_argument("--days", type=int, help="how long it works; without, until it is revoked")
        add_data_directory_argument(parser)

    def handle(
        self, *, username: str, name: str, scopes: list[str] | None, days: int | None, **_: Any
    ) -> str:
        owner = User.objects.filter(username=username, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no active person with the user name {username!r}.")
        try:
            expires_at = None if days is None else database_now() + timedelta(days=days)
            made = create_access_token(
                owner=owner, name=name, scopes=scopes or Scope.values, expires_at=expires_at
            )
        except OverflowError as error:
            raise CommandError(f"{days} days are beyond the calendar. Give fewer.") from error
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return made.secret
