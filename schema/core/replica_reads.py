"""Reads of a query by a replica, as far as it may be late and whoever asks has not just written."""

from collections.abc import Sequence
from typing import Any

from courses.services.last_writes import last_write
from courses.utils.wal_positions import WalPosition
from schema.context import Context
from schema.core.inlined_reads import InlinedRead
from schema.execution import request_work
from schema.execution.replicas import BEHIND, Replicas

PRIMARY = "primary"
"""Answerer of a read that must not be late."""


def may_be_asked(read: InlinedRead, replicas: Replicas, after: WalPosition) -> bool:
    """Tell if a replica may have the answer for whoever has to see `after`; note for the log who is to be asked."""
    if not read.may_be_late:
        request_work.note_read(PRIMARY)
        return False
    request_work.note_read(BEHIND)  # unless one of them answers
    return replicas.has_replayed(after)


def text_from_replica(read: InlinedRead, keys: Sequence[Any], context: Context) -> str | None:
    """Return the text of a query's `data`, None where the primary has to be asked: work for a database thread."""
    replicas, after, viewer = context.replicas, context.read_after, context.viewer
    if replicas is None or not may_be_asked(read, replicas, after):
        return None
    if viewer is not None:
        written = last_write(person=viewer)
        if written is None:
            return None
        after = max(after, written)
    return replicas.text_for_thread(read.for_replica, [viewer and viewer.pk, *keys], after)
