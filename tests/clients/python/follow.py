"""Follows what changes: every event once and in order, however long nobody has looked."""

import time
from collections.abc import Callable
from typing import Any

EVENTS = """query($after: String) {
  events(after: $after, first: 100) { events { type subjectId } endCursor hasMore }
}"""

Ask = Callable[[str, dict[str, Any]], Any]  # sends a query with variables, and returns `data`
Handle = Callable[[list[Any], str], None]


def follow(
    ask: Ask, handle: Handle, cursor: str | None = None, pause: Callable[[], None] = lambda: time.sleep(2)
) -> None:
    """Hand page after page to `handle`, which stores the cursor together with what it made of the events.

    Begin with None, and later with the cursor that was stored last.
    """
    while True:
        page = ask(EVENTS, {"after": cursor})["events"]
        cursor = page["endCursor"]
        handle(page["events"], page["endCursor"])
        if not page["hasMore"]:
            pause()
