"""`manage.py erase_user USERNAME`: show the effects of erasing a person, and erase after a confirmation."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from courses.exceptions import Refusal
from courses.models import User
from courses.services.erasure import effects_of_erasing, erase_person


class Command(BaseCommand):
    help = "Erase the account of a person for good. What others need stays without the person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="whose account")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, username: str, yes: bool, **_: Any) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is nobody with the user name {username!r}.")
        effects = effects_of_erasing(person=person)
        self._tell("Gone for good:", {"account, with name, e-mail and password": 1} | effects.goes)
        self._tell("Stays without the person:", effects.stays)
        if not yes and input(f"Erase {username}? Type yes: ") != "yes":
            raise CommandError("Nothing was erased.")
        try:
            erase_person(person=person)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{username} was erased.")

    def _tell(self, heading: str, counts: dict[str, int]) -> None:
        self.stdout.write(heading)
        for kind, count in counts.items():
            self.stdout.write(f"  {count:>6} {kind}")
