"""Exports for tests: started and written at once, and read as lines."""

import gzip
import json
from typing import Any

from courses.constants import ExportKind
from courses.models import Export, User
from courses.services.exports import path_of, start_export, write_exports


def exported(owner: User, kind: ExportKind | str, **narrowed: Any) -> Export:
    """An export of `owner` that is ready."""
    export = start_export(owner=owner, principal=f"user:{owner.pk}", kind=ExportKind(kind), **narrowed)
    assert write_exports() == 1
    export.refresh_from_db()
    return export


def lines_in(export: Export) -> list[dict[str, Any]]:
    """The lines of its file."""
    with gzip.open(path_of(export), "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def lines_for(owner: User, kind: ExportKind | str, **narrowed: Any) -> list[dict[str, Any]]:
    """The lines that `owner` gets."""
    return lines_in(exported(owner, kind, **narrowed))
