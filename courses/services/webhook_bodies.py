"""Bodies of webhooks: an event in the format of its endpoint, and the ping."""

from datetime import datetime

import orjson

from courses.constants import EventFormat
from courses.models import Event, User
from courses.rules.renderings import render
from courses.selectors.rendered_facts import facts_of_events, native_body


def ping_body(sent_at: datetime) -> bytes:
    """Return the body of a ping, which is the same in every format."""
    return orjson.dumps({"type": "ping", "timestamp": sent_at, "data": {}})


def body_of(event: Event, *, format: str, owner: User, sent_at: datetime) -> bytes | None:
    """Return an event as its owner may see it now; None where the format has nothing to tell of it."""
    if format == EventFormat.NATIVE:
        return orjson.dumps(native_body(event))
    facts = facts_of_events(owner, [event]).get(event.pk)
    document = render(facts, format, sent_at=sent_at) if facts else None
    return None if document is None else orjson.dumps(document)
