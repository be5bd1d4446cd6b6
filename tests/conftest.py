"""Fixtures for all tests: the API as a client calls it."""

import multiprocessing.process
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from graphql import OperationType

from courses.models import User
from schema.context import Context, Identity
from schema.core import compiled_reads
from schema.dataloaders.base import fill
from schema.documents.reading import prepare
from schema.execution import database_threads
from schema.root import schema
from tests.dataloaders_alone import dataloaders_alone


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Work in two processes when directories are asked for, and in this one for single files and tests.

    More would not do: some tests open 32 sessions at once, and PostgreSQL takes a hundred.
    """
    return 2 if any(Path(asked).is_dir() for asked in config.args) else 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the mode in which the API is read by DataLoaders alone."""
    parser.addoption(
        "--dataloaders",
        action="store_true",
        help="have graphql-core and DataLoaders alone answer; tests marked `compiled` are skipped",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as slow what needs a database that is emptied after it, and skip what the mode leaves out."""
    for item in items:
        if _empties_the_database(item):
            item.add_marker(pytest.mark.slow)
        if config.getoption("--dataloaders") and item.get_closest_marker("compiled"):
            item.add_marker(pytest.mark.skip(reason="about compiled reads"))


def _empties_the_database(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    by_marker = marker is not None and marker.kwargs.get("transaction", False)
    return by_marker or "transactional_db" in getattr(item, "fixturenames", ())


@pytest.fixture(autouse=True)
def _fast_tests_start_nothing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that starts a process or a server and does not say so by the mark `slow`.

    The embedded PostgreSQL is running by now if the test asks for the database.
    """
    if request.node.get_closest_marker("slow"):
        return

    def refuse(*arguments: Any, **options: Any) -> None:
        pytest.fail("a test that starts a process or a server is marked `slow`")

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)  # asyncio's processes are made by it too
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", refuse)
    monkeypatch.setattr(os, "fork", refuse)
    monkeypatch.setattr(socket.socket, "listen", refuse)


@pytest.fixture(autouse=True)
def _by_dataloaders(request: pytest.FixtureRequest) -> Iterator[None]:
    """Read by DataLoaders alone where that is asked for."""
    with dataloaders_alone() if request.config.getoption("--dataloaders") else nullcontext():
        yield


@dataclass(frozen=True)
class Answered:
    """What the API answered."""

    data: Any
    errors: list[Any]

    def __getitem__(self, name: str) -> Any:
        """The value of a root field of an answer without errors."""
        assert not self.errors, self.errors
        return self.data[name]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


@pytest.fixture(autouse=True)
def _database_work_on_the_tests_own_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run database jobs inside the test's transaction, where statements can be counted."""
    monkeypatch.setattr(database_threads, "use_callers_thread", True)


@pytest.fixture(autouse=True)
def _nobody_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the cost bucket off, as COURSES_RATE_LIMIT does: tests ask more, and count statements."""
    monkeypatch.setattr(settings, "RATE_LIMIT", False)


@pytest.fixture
def empty_buckets(db: None) -> None:
    """Leave out what other tests have committed: buckets are no model's, so Django's flush lets them be."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM courses_costbucket")


@pytest.fixture(autouse=True)
def _payloads_are_read_both_ways(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read each payload that was read by one statement by its plan as well, and compare both."""
    differing: list[tuple[bytes, bytes]] = []
    read_payload = compiled_reads._read_payload

    def read_twice(compiled: Any, name: str, context: Context, payload: Any) -> bytes | None:
        data = read_payload(compiled, name, context, payload)
        if data is not None and not connection.force_debug_cursor and not _is_of_the_clock(data.decode()):
            again = copy(payload)
            vars(again).pop("_filled", None)
            fill(context.viewer, [again], compiled.roots[name].plan_for(None))
            expected = orjson.dumps({name: compiled.roots[name].show(again)})
            if data != expected:
                differing.append((data, expected))
        return data

    monkeypatch.setattr(compiled_reads, "_read_payload", read_twice)
    yield
    assert differing == []


@pytest.fixture
def api(db: None) -> Callable[..., Answered]:
    """`api(document, viewer=user, scopes=..., **variables)` asks the API as that viewer.

    A query is asked once more, of graphql-core and the DataLoaders alone, and both answers have to be the same. A
    mutation is carried out once; its payload is read twice.
    """

    def ask(
        document: str, viewer: User | None = None, scopes: frozenset[str] | None = None, **variables: Any
    ) -> Answered:
        identity = Identity(viewer, scopes)
        answered = _answered(document, Context(identity), variables)
        if settings.COMPILED_READS and _gives_the_same_again(document):
            uncompiled = _answered(document, Context(identity, compiles=False), variables)
            assert _comparable(answered) == _comparable(uncompiled)
        return answered

    return ask


def _answered(document: str, context: Context, variables: dict[str, Any]) -> Answered:
    result = async_to_sync(schema.execute)(document, variable_values=variables, context_value=context)
    return Answered(result.data, [error.formatted for error in result.errors or []])


_OF_THE_CLOCK = ("serverTime", "remainingSeconds", "rateLimit")


def _is_of_the_clock(text: str) -> bool:
    return any(name in text for name in _OF_THE_CLOCK)


def _gives_the_same_again(document: str) -> bool:
    """Tell if a document is a query that no clock changes, and of which no statements are counted."""
    if connection.force_debug_cursor or _is_of_the_clock(document):
        return False
    prepared = prepare(schema, document)
    return not prepared.errors and prepared.operation_type(None) is OperationType.QUERY


def _comparable(answered: Answered) -> tuple[bytes, list[tuple[str, str]]]:
    errors = [(str(error.get("path")), error["extensions"]["code"]) for error in answered.errors]
    return orjson.dumps(answered.data), sorted(errors)
