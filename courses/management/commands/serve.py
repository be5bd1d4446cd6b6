"""`manage.py serve`: what production runs, behind DATABASE_URL."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from courses.management.serving import add_serving_arguments, prepare_database, prepare_graphiql, serve


class Command(BaseCommand):
    help = "Migrate the database, then serve the API and Django's pages until interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_serving_arguments(parser)

    def handle(self, *, host: str, port: int, workers: int, **_: Any) -> None:
        prepare_database()
        prepare_graphiql()
        serve(host=host, port=port, workers=workers)
