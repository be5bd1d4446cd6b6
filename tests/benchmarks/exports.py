"""Speed and memory of an export of all responses, while learners go on saving.

    uv run python -m tests.benchmarks.exports --rows 1000000 --directory .data/exports_measured

exports so many responses, of ten to an attempt, in an embedded database of its own, which is filled the first time.
"""

import argparse
import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

import django

ANSWERS_OF_AN_ATTEMPT = 10
SAVERS = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Export once without and once with savers, and print rates, processor time, and the peak of memory."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.exports", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="how many responses there are")
    parser.add_argument("--directory", type=Path, required=True, help="where the database is kept")
    options = parser.parse_args(arguments)

    from tests.benchmarks.deployment import prepare

    deployment = prepare(options.directory, options.rows // ANSWERS_OF_AN_ATTEMPT)
    os.environ.update(deployment.environment)
    django.setup()
    postgresql = int((options.directory / "postgresql" / "postmaster.pid").read_text().splitlines()[0])
    for savers in (0, SAVERS):
        _measure(savers, postgresql)


def _measure(savers: int, postgresql: int) -> None:
    from courses.constants import ExportKind
    from courses.models import AssessmentAttempt, User
    from courses.services.exports import path_of, start_export, write_exports
    from tests.benchmarks.processes import cpu_seconds

    staff, _ = User.objects.get_or_create(username="exporter", defaults={"is_staff": True})
    open_attempts = list(
        AssessmentAttempt.objects.filter(is_completed=False).values_list("pk", flat=True)[:savers]
    )
    is_over, saved = Event(), [0] * len(open_attempts)
    threads = [
        Thread(target=_keep_saving, args=[pk, is_over, saved, number])
        for number, pk in enumerate(open_attempts)
    ]
    for thread in threads:
        thread.start()
    export = start_export(owner=staff, principal="benchmark", kind=ExportKind.RESPONSES)
    started, before = time.perf_counter(), (time.process_time(), cpu_seconds(postgresql))
    write_exports()
    seconds = time.perf_counter() - started
    ours, of_database = time.process_time() - before[0], cpu_seconds(postgresql) - before[1]
    is_over.set()
    for thread in threads:
        thread.join()
    export.refresh_from_db()
    path, count = path_of(export), export.object_count or 0
    print(
        f"{savers} savers: {count:,} lines in {seconds:.1f} s, {count / seconds:,.0f} a second; "
        f"{path.stat().st_size / 1e6:,.0f} MB; {sum(saved) / seconds:,.0f} saves a second; "
        f"processor {ours:.1f} s, PostgreSQL's {of_database:.1f} s; "
        f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"
    )
    path.unlink()
    export.delete()


def _keep_saving(attempt_id: int, is_over: Event, saved: list[int], number: int) -> None:
    """Save one answer of an attempt after the other, another choice each time."""
    from django.db import connection

    from courses.models import AssessmentAttempt
    from courses.services.attempt_responses import GivenResponse
    from courses.services.attempts import submit_answers

    attempt = AssessmentAttempt.objects.select_related("user").get(pk=attempt_id)
    entries = attempt.layout["questions"]
    while not is_over.is_set():
        entry, place = entries[saved[number] % len(entries)], saved[number] // len(entries) % 2
        response = GivenResponse(entry["id"], {"choices": [place]})
        submit_answers(learner=attempt.user, attempt_id=attempt_id, responses=[response])
        saved[number] += 1
    connection.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
