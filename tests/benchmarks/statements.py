"""Statements of one request: number, rows, and plans, each of which must use an index.

The embedded PostgreSQL logs every statement meanwhile, with a server that does nothing else.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import psycopg2
import sqlparse

from tests.benchmarks import load
from tests.benchmarks.contenders.base import Contender
from tests.benchmarks.deployment import Deployment, rows_touched
from tests.benchmarks.processes import served
from tests.benchmarks.subjects import Subjects
from tests.benchmarks.workloads import WORKLOADS, Workload, forget_stories

SAMPLES = 10
WARMING = 10
"""Requests before those whose statements are counted: sessions are opened, and tokens seen for the first time."""

SMALL_TABLE_ROWS = 2_000
"""Below, reading a table from one end to the other is what a good plan does."""

_ENTRY = re.compile(r"(?:LOG|DETAIL|STATEMENT|ERROR|WARNING|FATAL|NOTICE):  ")
_LOGGED = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*)", re.DOTALL)
_BOOKKEEPING = re.compile(
    r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|SHOW|START|DISCARD)\b", re.IGNORECASE
)


def inspect(
    contender: Contender, deployment: Deployment, subjects: Subjects, port: int
) -> dict[str, dict[str, Any]]:
    """For each of its workloads the statements and rows of one request, and what its plans read without an index."""
    with everything_logged(deployment):
        return {
            workload.key: _inspect_one(workload, contender, deployment, subjects, port)
            for workload in WORKLOADS
            if workload.key not in contender.omits
        }


def _inspect_one(
    workload: Workload, contender: Contender, deployment: Deployment, subjects: Subjects, port: int
) -> dict[str, Any]:
    """By a server of its own: PostgreSQL tells what a session has touched for certain when it ends."""
    requests = workload.requests(contender, deployment, subjects) if workload.requests else []
    before = rows_touched(deployment)
    with served(contender, deployment, port, COURSES_BACKGROUND_WORK="off") as server:
        ask = partial(load.ask, server.port)
        tellings = [partial(ask, request) for request in requests[:SAMPLES]] or [
            partial(contender.story, ask, beginner) for beginner in subjects.beginners
        ]
        for tell in islice(cycle(tellings), WARMING):
            tell()
        mark = deployment.log.stat().st_size
        for tell in islice(cycle(tellings), WARMING, WARMING + SAMPLES):
            tell()
        statements = logged_since(deployment.log, mark)
    touched = rows_touched(deployment) - before
    if workload.requests is None:
        forget_stories(deployment, subjects)
    return {
        "statements": len(statements) / SAMPLES,
        "rows": touched / (WARMING + SAMPLES),
        "read_without_index": sorted(_read_without_index(deployment, statements)),
    }


@contextmanager
def everything_logged(deployment: Deployment) -> Iterator[None]:
    """New sessions log their statements within the block."""
    deployment.fetch("ALTER DATABASE courses SET log_statement = 'all'")
    try:
        yield
    finally:
        deployment.fetch("ALTER DATABASE courses RESET log_statement")


def logged_since(log: Path, mark: int) -> list[str]:
    """What was logged behind `mark`, but for our own questions and the words that only frame transactions."""
    with log.open("rb") as file:
        file.seek(mark)
        lines = file.read().decode(errors="replace").splitlines()
    entries: list[str] = []
    for text in lines:
        if _ENTRY.search(text):
            entries.append(text)
        elif entries:
            entries[-1] += "\n" + text
    logged = [found[1] for entry in entries if (found := _LOGGED.search(entry))]
    return [
        statement
        for string in logged
        for statement in sqlparse.split(string)
        if not _BOOKKEEPING.match(statement) and "pg_stat" not in statement and "pg_catalog" not in statement
    ]


def _read_without_index(deployment: Deployment, statements: list[str]) -> set[str]:
    """The larger tables that any of the statements reads from one end to the other."""
    found: set[str] = set()
    with deployment.session() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [SMALL_TABLE_ROWS]
        )
        large = {name for (name,) in cursor.fetchall()}
        for statement in set(statements):
            try:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            except psycopg2.Error:
                continue  # one with parameters of its own, or that has no plan
            plan = cursor.fetchone()[0]
            found |= _scanned(plan if isinstance(plan, list) else json.loads(plan)) & large
    return found


def _scanned(plan: Any) -> set[str]:
    if isinstance(plan, list):
        return {name for part in plan for name in _scanned(part)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["Relation Name"]} if plan.get("Node Type") == "Seq Scan" else set()
    return own | {name for part in plan.values() for name in _scanned(part)}
