"""`manage.py generate_load`: much data, to measure with."""

import time
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from courses.management.generated_load import generate
from courses.management.generated_load.scale import Scale
from courses.services import statistics


class Command(BaseCommand):
    help = (
        "Write courses, learners and attempts, ten answers each, as fast as the database takes them. "
        "For a database that nobody uses meanwhile. The same numbers, seed and day give the same data."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--courses", type=int, default=100, help="how many courses of five lessons")
        parser.add_argument(
            "--learners", type=int, default=1_000, help="how many people take four of them each"
        )
        parser.add_argument("--attempts", type=int, default=10_000, help="how many attempts they make in all")
        parser.add_argument("--seed", type=int, default=1, help="another seed gives other data")
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            help="the day before which all of it happened; today if left out",
        )

    def handle(
        self, *, courses: int, learners: int, attempts: int, seed: int, until: date | None, **_: Any
    ) -> None:
        day = until or datetime.now(UTC).date()
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        try:
            scale = Scale(courses=courses, learners=learners, attempts=attempts, seed=seed, until=midnight)
        except ValueError as error:
            raise CommandError(str(error)) from error
        started = time.perf_counter()
        rows = generate(scale)
        seconds = time.perf_counter() - started
        self.stdout.write(f"{rows:,} rows in {seconds:.1f} s: {rows / seconds:,.0f} a second.")
        statistics.refresh_stale()
        with connection.cursor() as cursor:
            for statement in ("SET statement_timeout = 0", "VACUUM", "RESET statement_timeout"):
                cursor.execute(statement)
