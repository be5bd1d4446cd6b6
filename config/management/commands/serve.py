"""`manage.py serve`: serve in production, behind DATABASE_URL."""

import logging
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.management.serving import add_serving_arguments, prepare, serve
from schema.graphiql.installation import is_installed

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Migrate the database, then serve the API and Django's pages until interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_serving_arguments(parser)

    def handle(self, *, host: str, port: int, workers: int, **_: Any) -> None:
        listening = prepare(host=host, port=port, workers=workers)
        if not is_installed():
            logger.warning(
                "GraphiQL is not in %s: `manage.py install_graphiql` brings it.", settings.GRAPHIQL_DIR
            )
        serve(listening, workers=workers)
