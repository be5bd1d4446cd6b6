"""Statements as they are sent to PostgreSQL, which may be several in one string."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def strings_sent() -> Iterator[list[list[str]]]:
    """The first word of each statement of each string."""
    sent: list[list[str]] = []

    def note(execute: Any, sql: str, *args: Any) -> Any:
        sent.append([each.split()[0] for each in sql.split("; ")])
        return execute(sql, *args)

    with connection.execute_wrapper(note):
        yield sent
