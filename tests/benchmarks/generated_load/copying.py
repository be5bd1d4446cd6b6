"""Writing many rows with COPY, and the tables without indexes, foreign keys and triggers meanwhile."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg2 import sql

LINES_AT_A_TIME = 500

_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index
WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""

_CONSTRAINTS = """
SELECT conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('f', 'u') ORDER BY contype DESC
"""


@dataclass(frozen=True)
class Table:
    """Rows to write: each is one line in the text format of COPY, without its line end.

    `columns` are those that the lines fill, the ones without a default among them.
    """

    model: type[Model]
    columns: tuple[str, ...]
    lines: Iterable[str]


class _Stream:
    """A file that COPY reads to its end, made while it reads."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.count = 0

    def read(self, _size: int = 0) -> bytes:
        """The next lines, however many bytes they have: psycopg2 takes more than it asked for."""
        some = list(islice(self._lines, LINES_AT_A_TIME))
        self.count += len(some)
        return "".join(f"{line}\n" for line in some).encode()


def line(*values: Any) -> str:
    """One row in the text format of COPY. The values must not hold tabs, backslashes or line ends."""
    return "\t".join(map(_field, values))


def _field(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def copy(table: Table) -> int:
    """Write the rows of `table` and return how many they were."""
    stream = _Stream(table.lines)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, stream)
    return stream.count


def reserve_ids(model: type[Model], count: int) -> int:
    """Keep `count` primary keys in a row for the caller, and return the first."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {connection.ops.quote_name(table)} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            "SELECT setval(name, nextval(name) + %s) FROM pg_get_serial_sequence(%s, 'id') AS name",
            [count - 1, table],
        )
        last: int = cursor.fetchone()[0]
    return last - count + 1


@contextmanager
def bulk_loading(models: Sequence[type[Model]]) -> Iterator[None]:
    """Take indexes, unique constraints and foreign keys off the tables of `models` and put them back at the end.

    Building an index once is several times cheaper than keeping it true row by row. Putting the constraints
    back checks every row. Within one transaction, so that whatever fails, nothing is missing. Triggers do not
    fire: whose statistics are stale is for the caller to note, once for all rows.
    """
    dropped = []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # checks that still wait would keep ALTER TABLE out
        for model in models:
            for statement, restore in _parts(cursor, model._meta.db_table):
                cursor.execute(statement)
                dropped.append(restore)
    yield
    with connection.cursor() as cursor:
        for restore in dropped:
            cursor.execute(restore)


def _parts(cursor: Any, table: str) -> list[tuple[sql.Composable, sql.Composable]]:
    """How to drop each index and constraint of a table, and how to make it again."""
    name = sql.Identifier(table)
    cursor.execute(_CONSTRAINTS, [table])
    parts = [
        (
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(name, sql.Identifier(constraint)),
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                name, sql.Identifier(constraint), sql.SQL(definition)
            ),
        )
        for constraint, definition in cursor.fetchall()
    ]
    cursor.execute(_INDEXES, [table])
    triggers = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
    parts.append((triggers.format(name, sql.SQL("DISABLE")), triggers.format(name, sql.SQL("ENABLE"))))
    return parts + [
        (sql.SQL("DROP INDEX {}").format(sql.SQL(index)), sql.SQL(definition))
        for index, definition in cursor.fetchall()
    ]
