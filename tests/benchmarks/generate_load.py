"""Much data to measure with, written as fast as the database takes it.

    uv run python -m tests.benchmarks.generate_load --courses 100 --learners 1000 --attempts 10000

fills the database of the settings (DATABASE_URL or COURSES_DATA_DIR), migrated and used by nobody meanwhile, with
courses, learners and attempts of ten answers each. The same numbers, seed and day give the same data.
"""

import argparse
import os
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime

import django


def main(arguments: Sequence[str] | None = None) -> None:
    """Generate what the options ask for, and print how fast. Exits with a usage error for numbers without sense."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.generate_load", description=__doc__)
    parser.add_argument("--courses", type=int, default=100, help="how many courses of five lessons")
    parser.add_argument("--learners", type=int, default=1_000, help="how many people take four of them each")
    parser.add_argument("--attempts", type=int, default=10_000, help="how many attempts they make in all")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other data")
    parser.add_argument(
        "--until", type=date.fromisoformat, help="the day before which all of it happened; today if left out"
    )
    options = parser.parse_args(arguments)
    day = options.until or datetime.now(UTC).date()

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import connection

    from courses.services import statistics
    from tests.benchmarks.generated_load import generate
    from tests.benchmarks.generated_load.scale import Scale

    try:
        scale = Scale(
            courses=options.courses,
            learners=options.learners,
            attempts=options.attempts,
            seed=options.seed,
            until=datetime(day.year, day.month, day.day, tzinfo=UTC),
        )
    except ValueError as error:
        parser.error(str(error))
    started = time.perf_counter()
    rows = generate(scale)
    seconds = time.perf_counter() - started
    print(f"{rows:,} rows in {seconds:.1f} s: {rows / seconds:,.0f} a second.")
    statistics.refresh_stale()
    with connection.cursor() as cursor:
        for statement in ("SET statement_timeout = 0", "VACUUM", "RESET statement_timeout"):
            cursor.execute(statement)


if __name__ == "__main__":
    main()
