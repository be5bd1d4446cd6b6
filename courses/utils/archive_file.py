"""Archive file of rows: compressed JSON lines with a header, a row count and a checksum.

The first line describes the file, the last one holds the number of rows between and their SHA-256. A file gets
its name only once all of it is on the disk and was read back; until then it is called `<name>.part`.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

_FORMAT = "courses activity, one row of the database as JSON a line"


class DamagedFile(Exception):  # noqa: N818 - a state of the file, which the caller judges
    """Damage of an archive: the file is none, or incomplete, or changed."""


@dataclass(frozen=True)
class Contents:
    """Description of an archive: rows from before a moment (ISO 8601), their number, and the SHA-256 of their lines."""

    before: str
    rows: int
    digest: str


def write(path: Path, *, before: str, rows: Iterable[str]) -> Contents:
    """Write a new file and flush it to the disk. Raises FileExistsError rather than replace one."""
    part = path.with_name(f"{path.name}.part")
    digest, count = hashlib.sha256(), 0
    with part.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
            file.write(_line({"format": _FORMAT, "before": before}))
            for row in rows:
                line = row.encode() + b"\n"
                digest.update(line)
                count += 1
                file.write(line)
            contents = Contents(before, count, digest.hexdigest())
            file.write(_line(asdict(contents)))
        raw.flush()
        os.fsync(raw.fileno())
    if verify(part) != contents:
        raise DamagedFile(f"{part} was not stored as it was written.")
    os.link(part, path)
    part.unlink()
    _bring_to_disk(path.parent)
    return contents


def verify(path: Path) -> Contents:
    """Read all of the file and return its description. Raises DamagedFile unless it is intact."""
    digest, count, last = hashlib.sha256(), 0, b""
    try:
        with gzip.open(path, "rb") as file:
            header = json.loads(file.readline())
            for line in file:
                if last:
                    digest.update(last)
                    count += 1
                last = line
        contents = Contents(**json.loads(last))
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError, TypeError) as error:
        raise DamagedFile(f"{path} is no archive of activity, or not all of it is there.") from error
    if header != {"format": _FORMAT, "before": contents.before}:
        raise DamagedFile(f"{path} is no archive of activity.")
    if (count, digest.hexdigest()) != (contents.rows, contents.digest):
        raise DamagedFile(f"{path} was changed: its rows are not those that were written.")
    return contents


def read(path: Path, contents: Contents, *, chunk_size: int = 10_000) -> Iterator[list[str]]:
    """Yield the rows of a file that was verified, in chunks, each row as JSON."""
    with gzip.open(path, "rb") as file:
        rows = islice((line.decode() for line in file), 1, 1 + contents.rows)
        for first in rows:
            yield [first, *islice(rows, chunk_size - 1)]


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _bring_to_disk(directory: Path) -> None:
    """Flush a directory to the disk: a new name in it is durable only then."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
