"""The log: one line of JSON for each record, whatever is in it."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.log_lines import JsonLines

PROGRAM = """
import logging, django
django.setup()
logging.getLogger("schema.requests").info("request", extra={"facts": {"status": 200}})
logging.getLogger("schema.errors").error("error 1")
logging.getLogger("django.request").warning("Not Found: /favicon.ico")
"""


def written(message: str, **more: Any) -> str:
    """The line of a record with this message."""
    record = logging.LogRecord("schema.errors", logging.ERROR, "file", 1, message, (), more.get("exc_info"))
    record.created = 1_900_000_000.5
    if "facts" in more:
        record.facts = more["facts"]
    return JsonLines().format(record)


def test_a_record_is_a_line_that_says_when_where_and_what() -> None:
    assert json.loads(written("it rains", facts={"cost": 3})) == {
        "time": "2030-03-17T17:46:40.500+00:00",
        "level": "error",
        "logger": "schema.errors",
        "message": "it rains",
        "cost": 3,
    }


@pytest.mark.parametrize("text", ['a\r\n{"level": "error"}', "\u2028\u2029\x85", "\ud800", "\x1b[31m"])
def test_nothing_in_a_record_begins_a_second_line_or_colours_the_first(text: str) -> None:
    line = written(text, facts={"operation": text})

    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert json.loads(line)["operation"] == text


def test_an_exception_is_part_of_its_line() -> None:
    try:
        raise KeyError("lost")
    except KeyError:
        line = written("error 1", exc_info=sys.exc_info())

    assert "KeyError: 'lost'" in json.loads(line)["exception"]
    assert len(line.splitlines()) == 1


def run(tmp_path: Path, **variables: str) -> tuple[list[Any], list[Any]]:
    """What a process with these variables writes to standard output and to standard error."""
    environment = {name: value for name, value in os.environ.items() if name != "COURSES_LOG_REQUESTS"}
    environment |= {"DATABASE_URL": "postgres://nobody@localhost/none", "COURSES_DATA_DIR": str(tmp_path)}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings"} | variables
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(
        [json.loads(line)["message"] for line in said.splitlines()] for said in (done.stdout, done.stderr)
    )  # type: ignore[return-value]


@pytest.mark.slow
def test_a_server_writes_requests_and_errors_to_standard_output(tmp_path: Path) -> None:
    assert run(tmp_path, COURSES_LOG_REQUESTS="on") == (["request", "error 1"], [])


@pytest.mark.slow
def test_a_demonstration_writes_errors_only_and_not_among_what_it_prints(tmp_path: Path) -> None:
    assert run(tmp_path) == ([], ["error 1"])
