"""Facts that renderings are made of: an attempt when an event is told, as one viewer may see it.

What the viewer may not see is not in here, so no rendering can tell it: no key ever, and no outcome before it is
shown. Ids are those of the API.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from courses.constants import EventType
from courses.rules.renderings.responses import Said


@dataclass(frozen=True, slots=True)
class Titled:
    """Course or assessment, by its id, with its title."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Points earned, not rounded, of those possible, and the verdict: passed, or for a question full credit."""

    points: Decimal
    possible: int
    is_success: bool | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A question as the attempt asked it, of the version with that number, with the response that was handed in.

    `outcome` is None while it is hidden or waits for a person.
    """

    question: str
    version: int
    text: str
    said: Said
    answered_at: datetime
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An event of the feed, and the attempt that it is about.

    `address` is the public one of this server, and `revision` counts what was saved. `outcome` is None while the
    attempt is open, hidden from the viewer, or not fully graded. `answered` holds what is not blank, for the event of
    the end.
    """

    address: str
    event: str
    type: EventType
    occurred_at: datetime
    learner: str
    course: Titled
    assessment: Titled
    attempt: str
    attempt_number: int
    revision: int
    started_at: datetime
    ended_at: datetime | None = None
    waits_for_a_person: bool = False
    outcome: Outcome | None = None
    answered: tuple[Answered, ...] = ()

    def iri(self, id: str, *parts: str) -> str:
        """Return the IRI of something with an id, or of a part of it: the same for ever, on this server only."""
        return "/".join((self.address, "id", id, *parts))

    def uuid(self, *parts: str) -> str:
        """Return the UUID (version 5) of a part of the event: the same whenever the event is rendered."""
        return str(uuid5(NAMESPACE_URL, "/".join((self.address, "events", self.event, *parts))))

    @property
    def registration(self) -> str:
        """UUID (version 5) of the attempt, made of its IRI."""
        return str(uuid5(NAMESPACE_URL, self.iri(self.attempt)))
