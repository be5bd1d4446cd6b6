"""History of a load: what was to be done, how often it was sent, and what came of each time."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Condition

PATIENCE_SECONDS = 120
"""For the tests' own sake: nothing that is waited for takes so long unless it never comes."""


class Kind(StrEnum):
    """What a saver has done."""

    START = "start"
    SAVE = "save"
    COMPLETE = "complete"
    NOTE = "note"


class Outcome(StrEnum):
    """What the client knows after it has sent something."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    """Answered with a code that says that nothing was written, or never sent for want of a connection."""
    UNKNOWN = "unknown"
    """Not answered, or with a code that leaves open what became of it."""


WRITES_NOTHING = frozenset({"BUSY", "OVERLOADED", "RATE_LIMITED", "NO_CONNECTION"})
"""Codes after which nothing was written (docs/errors.md), and that of a connection that was never made."""


@dataclass(frozen=True)
class Operation:
    """Something to be done once, under one key, however often it is sent."""

    saver: int
    """Primary key of the learner."""
    number: int
    """Place among what the saver does, one after the other."""
    kind: Kind
    key: str
    assessment: int = 0
    attempt: int = 0
    """Primary keys; 0 where there is none, as of an attempt that is to be started."""
    answers: Mapping[int, str] = field(default_factory=dict)
    """Text of each response, by the primary key of its question."""
    text: str = ""
    """Of a note."""
    is_keyed: bool = True
    """Whether its key was sent. A save without one may be sent again all the same: it then changes nothing."""
    beyond_limit: bool = False
    """Whether all attempts have been used, so that it must be refused."""


@dataclass(frozen=True)
class Sent:
    """One time that an operation was sent. Moments are seconds of the monotonic clock."""

    operation: Operation
    sent_at: float
    ended_at: float
    outcome: Outcome
    code: str = ""
    """Why it was not acknowledged: the code of the answer, NO_ANSWER or NO_CONNECTION."""
    is_replayed: bool = False
    result: Mapping[str, int | None] = field(default_factory=dict)
    """What the acknowledgement says: `attempt`, `revision`, `score`, as far as the operation has them."""
    said: str = ""
    """The whole answer, of what was not acknowledged."""

    @property
    def saver(self) -> int:
        return self.operation.saver


@dataclass(frozen=True)
class Read:
    """One time that a learner has read all their notes."""

    saver: int
    sent_at: float
    notes: tuple[str, ...] = ()
    """Texts that were shown."""
    code: str = ""
    """Why it was not answered; empty where it was."""
    said: str = ""
    """The whole answer, where it was an error."""


class History:
    """Everything that was sent, in the order in which it ended. Threads of savers write to it at once."""

    def __init__(self, ended: Iterable[Sent | Read] = ()) -> None:
        self.ended = list(ended)
        self._changed = Condition()

    @property
    def sent(self) -> list[Sent]:
        return [each for each in self.ended if isinstance(each, Sent)]

    @property
    def reads(self) -> list[Read]:
        return [each for each in self.ended if isinstance(each, Read)]

    def add(self, ended: Sent | Read) -> None:
        with self._changed:
            self.ended.append(ended)
            self._changed.notify_all()

    def wait_for(self, number: int, what: Callable[[Sent | Read], bool]) -> None:
        """Return once `number` more were sent of which `what` holds. Raises AssertionError when none comes for long."""
        with self._changed:
            seen, end = len(self.ended), time.monotonic() + PATIENCE_SECONDS
            while number > 0:
                self._changed.wait(max(0.0, end - time.monotonic()))
                new = self.ended[seen:]
                seen += len(new)
                if found := sum(map(what, new)):
                    number, end = number - found, time.monotonic() + PATIENCE_SECONDS
                assert time.monotonic() < end, (
                    f"it did not come within {PATIENCE_SECONDS} seconds: {self.ended[-3:]}"
                )

    def operations(self) -> list[Operation]:
        """Every operation once, in the order of each saver."""
        unique = {(sent.operation.saver, sent.operation.number): sent.operation for sent in self.sent}
        return [unique[place] for place in sorted(unique)]

    def acknowledged(self, *, until: float = float("inf")) -> dict[str, list[Sent]]:
        """Acknowledgements of each key that has any, as they came until a moment."""
        found: dict[str, list[Sent]] = {}
        for sent in self.sent:
            if sent.outcome is Outcome.ACKNOWLEDGED and sent.ended_at <= until:
                found.setdefault(sent.operation.key, []).append(sent)
        return found

    def codes(self) -> Counter[str]:
        """Number of times that something was not acknowledged or read, by code; refusals that are due are left out."""
        return Counter(each.code for each in self.ended if is_trouble(each))

    def write(self, path: Path) -> None:
        """Keep it as a line of JSON for each time that something was sent or read."""
        path.write_text("".join(f"{json.dumps(asdict(each))}\n" for each in self.ended))


def is_acknowledged(ended: Sent | Read) -> bool:
    return isinstance(ended, Sent) and ended.outcome is Outcome.ACKNOWLEDGED


def is_answered(ended: Sent | Read) -> bool:
    """Tell if it was acknowledged or read."""
    return is_acknowledged(ended) if isinstance(ended, Sent) else not ended.code


def is_refused_rightly(sent: Sent) -> bool:
    """Tell if it was refused because the learner has used all attempts, as it must be."""
    return sent.operation.beyond_limit and sent.code == "ATTEMPT_LIMIT_REACHED"


def is_trouble(ended: Sent | Read) -> bool:
    """Tell if something did not work that should."""
    return not is_answered(ended) and not (isinstance(ended, Sent) and is_refused_rightly(ended))
