"""Processor time of a document that is seen for the first time: what compiling it costs.

    uv run python -m tests.benchmarks.cold_documents

Each query of clients is asked under a name that is new, so that it is read, validated, compiled and planned by
PostgreSQL once more; a second time, for which its statement is planned with the token; then as it is from then on; and
for the first time by the ordinary way, graphql-core and DataLoaders. Prints milliseconds of our process and PostgreSQL
together, and fails where the first time costs more than MOST times that of the ordinary way.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.test import override_settings

from courses.constants import Scope
from tests.benchmarks import subjects
from tests.benchmarks.contenders.base import Request
from tests.benchmarks.deployment import Deployment, postmaster, prepare
from tests.benchmarks.in_process import ATTEMPTS, ask
from tests.benchmarks.processes import cpu_seconds
from tests.operations import operation

MOST = 3
ROUNDS = 3
DOCUMENTS = 10
"""New documents of each query and round: PostgreSQL's time is told in hundredths of a second."""

_ID = "encode(convert_to('{}:' || {}, 'UTF8'), 'base64')"
_PERSON = f"""
SELECT {_ID.format("AssessmentAttempt", "attempt.id")}, {_ID.format("Course", "course.id")}, course.slug
FROM courses_assessmentattempt AS attempt
JOIN courses_assessment AS assessment ON assessment.id = attempt.assessment_id
JOIN courses_lesson AS lesson ON lesson.id = assessment.lesson_id
JOIN courses_course AS course ON course.id = lesson.course_id
WHERE attempt.id = %(attempt)s
"""
"""Values of variables for the learner of an attempt."""


def main() -> None:
    """Measure every query of clients. Exits with status 1 where one costs more than it may."""
    deployment = prepare(Path(f".data/benchmarks/{ATTEMPTS}").resolve(), ATTEMPTS)
    os.environ.update(
        deployment.environment
        | {"COURSES_BACKGROUND_WORK": "off", "COURSES_DATABASE_THREADS": "1", "COURSES_READ_SESSIONS": "1"}
    )
    from config.asgi import application  # settings are read when it is imported

    dear = asyncio.run(_measure(application, deployment))
    if dear:
        raise SystemExit(f"more than {MOST} times the ordinary way: {', '.join(dear)}")


async def _measure(application: Any, deployment: Deployment) -> list[str]:
    from tests.schema.network.test_statements_of_clients import QUERIES

    measured = _Measured(application, deployment)
    print(f"{'query':<26}{'first':>9}{'second':>9}{'later':>9}{'ordinary':>11}{'ratio':>8}")
    dear = []
    for name in QUERIES:
        first, second, later, ordinary = await measured.costs(name)
        print(
            f"{name:<26}{first:>9.2f}{second:>9.2f}{later:>9.2f}{ordinary:>11.2f}{first / ordinary:>8.2f}",
            flush=True,
        )
        if first > MOST * ordinary:
            dear.append(name)
    return dear


class _Measured:
    """One process with one session of each kind, asked by the learner of an open attempt."""

    def __init__(self, application: Any, deployment: Deployment) -> None:
        self._application = application
        self._postgresql = postmaster(deployment)
        [attempt, *_] = subjects.choose(deployment).open_attempts
        [values] = deployment.fetch(_PERSON, attempt=attempt.attempt)
        self._token = attempt.token
        deployment.fetch(
            "UPDATE courses_accesstoken SET scopes = %(scopes)s WHERE user_id = %(learner)s",
            scopes=json.dumps(Scope.values),
            learner=attempt.learner,
        )
        self._values = dict(zip(("id", "courseId", "slug"), values, strict=True)) | {
            "first": 10,
            "reviews": 5,
        }
        self._names = 0

    async def costs(self, name: str) -> list[float]:
        """Return the milliseconds of a query's first, second and third time, and of its first by the ordinary way."""
        rounds = []
        for _ in range(ROUNDS):
            documents = self._documents(name)
            costs = [await self._cost(documents, is_new=is_new) for is_new in (True, False, False)]
            with override_settings(COMPILED_READS=False):
                costs.append(await self._cost(self._documents(name), is_new=True))
            rounds.append(costs)
        return [min(values) for values in zip(*rounds, strict=True)]

    def _documents(self, name: str) -> list[Request]:
        """Return documents of which no two give their root field the same name: so their statements differ, too."""
        text = operation(name)
        asked = set(re.findall(r"\$(\w+)", text))
        variables = {key: value for key, value in self._values.items() if key in asked}
        found = []
        for _ in range(DOCUMENTS):
            self._names += 1
            renamed = re.sub(r"{\s*(\w+)", rf"{{ asked{self._names}: \1", text, count=1)
            found.append(Request("/graphql/", {"query": renamed, "variables": variables}, self._token))
        return found

    async def _cost(self, documents: Iterable[Request], *, is_new: bool) -> float:
        from schema.execution.database_threads import database

        spent = 0.0
        count = 0
        before_database = cpu_seconds(self._postgresql)
        for document in documents:
            if is_new:
                await database(_forget)
            before = time.process_time()
            await ask(self._application, document)
            spent += time.process_time() - before
            count += 1
        return (spent + cpu_seconds(self._postgresql) - before_database) / count * 1000


def _forget() -> None:
    """Forget the statements of declarations, and those that the thread's session has prepared."""
    from django.db import connection

    from schema.dataloaders.statements import statement

    statement.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    connection.prepared_names = None, None  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
