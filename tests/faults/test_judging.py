"""Judge of histories: a good one has no findings, and of each bad one it finds what is wrong."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.faults.history import History, Kind, Operation, Outcome, Read, Sent
from tests.faults.judging import COMPLETED, SAVED, STARTED, Breach, Told, judge
from tests.faults.stored import FeedEvent, Stored, StoredAnswer, StoredAttempt
from tests.faults.world import Asked, Person, Taken, World

LEARNER, ASSESSMENT, ATTEMPT, CITY, FREE = 7, 3, 50, 11, 12
WORLD = World(
    course=1,
    instructor=Person(1, "token"),
    assessments=(
        Taken(
            ASSESSMENT, 2, (Asked(CITY, 3, "Oslo", ("Oslo", "Bern")), Asked(FREE, 1, "nobody says this", ()))
        ),
    ),
    crews=(),
)


def operation(number: int, kind: Kind, **facts: object) -> Operation:
    return Operation(LEARNER, number, kind, f"key {number}", assessment=ASSESSMENT, **facts)  # type: ignore[arg-type]


START = operation(1, Kind.START)
SAVES = [
    operation(2, Kind.SAVE, attempt=ATTEMPT, answers={CITY: "Bern", FREE: "said 2"}),
    operation(3, Kind.SAVE, attempt=ATTEMPT, answers={CITY: "Oslo", FREE: "said 3"}),
]
NOTE = operation(4, Kind.NOTE, text="note 4")
COMPLETE = operation(5, Kind.COMPLETE, attempt=ATTEMPT)
BEYOND = operation(9, Kind.START, beyond_limit=True)


def acknowledged(operation: Operation, **facts: object) -> Sent:
    results = {
        Kind.START: {"attempt": ATTEMPT, "revision": 0},
        Kind.SAVE: {"attempt": ATTEMPT, "revision": operation.number - 1},
        Kind.COMPLETE: {"attempt": ATTEMPT, "revision": 2, "score": 3},
        Kind.NOTE: {},
    }
    moment = float(operation.number)
    sent = Sent(operation, moment, moment, Outcome.ACKNOWLEDGED, result=results[operation.kind])
    return replace(sent, **facts)  # type: ignore[arg-type]


def not_answered(operation: Operation) -> Sent:
    return acknowledged(operation, outcome=Outcome.UNKNOWN, code="NO_ANSWER", result={})


@dataclass
class Case:
    """A load of one attempt with which all is well, until a test spoils something."""

    sent: list[Sent] = field(
        default_factory=lambda: [acknowledged(each) for each in (START, *SAVES, NOTE, COMPLETE)]
    )
    reads: list[Read] = field(default_factory=lambda: [Read(LEARNER, 3.5), Read(LEARNER, 4.0, ("note 4",))])
    attempts: list[StoredAttempt] = field(
        default_factory=lambda: [
            StoredAttempt(
                pk=ATTEMPT,
                learner=LEARNER,
                assessment=ASSESSMENT,
                number=1,
                revision=2,
                is_completed=True,
                score=3,
                exact_score=3.0,
                max_score=4,
                is_passed=True,
                answers={CITY: StoredAnswer("Oslo", 3), FREE: StoredAnswer("said 3", 0)},
            )
        ]
    )
    notes: Counter[str] = field(default_factory=lambda: Counter(["note 4"]))
    feed: list[FeedEvent] = field(
        default_factory=lambda: [
            FeedEvent(1, STARTED, ATTEMPT, 0),
            FeedEvent(2, SAVED, ATTEMPT, 2),
            FeedEvent(3, COMPLETED, ATTEMPT, 2),
        ]
    )
    outbox: list[FeedEvent] = field(default_factory=list)
    read: list[FeedEvent] | None = None
    received: list[FeedEvent] | None = None

    def change(self, **columns: object) -> None:
        """Change the row of the attempt."""
        self.attempts[0] = replace(self.attempts[0], **columns)  # type: ignore[arg-type]

    def unfinished(self) -> None:
        """Leave the end out, of which nobody knows."""
        self.sent.pop()
        self.feed.pop()
        self.change(
            is_completed=False,
            score=0,
            exact_score=None,
            is_passed=None,
            answers={CITY: StoredAnswer("Oslo", 0), FREE: StoredAnswer("said 3", 0)},
        )

    def breaches(self, **options: Any) -> list[Breach]:
        told = Told(
            self.feed if self.read is None else self.read,
            self.feed if self.received is None else self.received,
        )
        stored = Stored(tuple(self.attempts), self.notes, tuple(self.feed), tuple(self.outbox))
        return [
            finding.breach
            for finding in judge(History([*self.sent, *self.reads]), stored, told, WORLD, **options)
        ]


def never_end(case: Case) -> None:
    case.unfinished()
    case.sent.append(not_answered(COMPLETE))


def spoil(case: Case, how: Callable[[Case], object]) -> list[Breach]:
    how(case)
    return case.breaches()


@pytest.mark.parametrize(
    "how",
    [
        lambda _: None,
        lambda case: case.unfinished(),
        lambda case: case.sent.append(acknowledged(SAVES[1], is_replayed=True)),
        lambda case: case.sent.insert(1, not_answered(START)),
        lambda case: case.sent.insert(3, acknowledged(SAVES[1], outcome=Outcome.UNKNOWN, code="UNAVAILABLE")),
        lambda case: case.sent.append(
            acknowledged(BEYOND, outcome=Outcome.REFUSED, code="ATTEMPT_LIMIT_REACHED")
        ),
        lambda case: setattr(case, "received", [*case.feed, *case.feed]),
        never_end,
        lambda case: case.reads.append(Read(LEARNER, 3.9, ("note 4",))),
        lambda case: case.sent.insert(3, not_answered(NOTE)),
        lambda case: case.reads.append(Read(LEARNER, 5.0, code="UNAVAILABLE")),
    ],
    ids=[
        "nothing", "not finished", "a repeat", "a start unanswered first", "a save unanswered first", "refused rightly",
        "webhooks that came twice", "an end that never came to anything",
        "a note that was read before its acknowledgement", "a note unanswered first", "a read that a fault explains",
    ],
)  # fmt: skip
def test_where_all_is_well_there_is_nothing_to_find(how: Callable[[Case], object]) -> None:
    assert spoil(Case(), how) == []


def test_a_save_of_which_nobody_knows_may_be_there_or_not() -> None:
    without, with_it = Case(), Case()
    for case in (without, with_it):
        case.unfinished()
        case.sent[2] = not_answered(SAVES[1])
    without.change(revision=1, answers={CITY: StoredAnswer("Bern", 0), FREE: StoredAnswer("said 2", 0)})
    without.feed[1] = FeedEvent(2, SAVED, ATTEMPT, 1)

    assert (without.breaches(), with_it.breaches()) == ([], [])


def test_of_a_copy_only_what_was_acknowledged_before_has_to_be_there() -> None:
    case = Case()
    case.unfinished()
    case.change(revision=1, answers={CITY: StoredAnswer("Bern", 0), FREE: StoredAnswer("said 2", 0)})
    case.feed[1] = FeedEvent(2, SAVED, ATTEMPT, 1)
    case.notes.clear()

    assert case.breaches(until=2.5) == []
    assert case.breaches(until=3.5) == [Breach.LOST]
    assert case.breaches(until=4.5) == [Breach.LOST, Breach.LOST]


def test_where_nobody_may_notice_a_fault_no_code_is_explained() -> None:
    case = Case()
    case.sent.insert(1, not_answered(START))
    case.reads.append(Read(LEARNER, 5.0, code="UNAVAILABLE"))

    assert case.breaches(explained=()) == [Breach.WRONG_ANSWER] * 2


def lose_the_last_save(case: Case) -> None:
    case.unfinished()
    case.change(revision=1, answers={CITY: StoredAnswer("Bern", 0), FREE: StoredAnswer("said 2", 0)})
    case.feed[1] = FeedEvent(2, SAVED, ATTEMPT, 1)


def lose_a_save_in_between(case: Case) -> None:
    case.change(
        answers={CITY: StoredAnswer("Bern", 0), FREE: StoredAnswer("said 3", 0)}, score=0, exact_score=0.0
    )
    case.change(is_passed=False)
    case.sent[-1] = acknowledged(COMPLETE, result={"attempt": ATTEMPT, "score": 0})


def lose_the_end(case: Case) -> None:
    case.unfinished()
    case.sent.append(acknowledged(COMPLETE))


def lose_the_attempt(case: Case) -> None:
    case.attempts.clear()
    case.feed.clear()


def another_attempt(case: Case, number: int) -> None:
    """One more attempt, whole in itself."""
    pk = ATTEMPT + number
    last = case.feed[-1].position if case.feed else 0
    case.attempts.append(
        replace(
            case.attempts[0],
            pk=pk,
            number=number,
            revision=0,
            answers={},
            score=0,
            exact_score=0.0,
            is_passed=False,
        )
    )
    start, end = operation(10 * number, Kind.START), operation(10 * number + 1, Kind.COMPLETE, attempt=pk)
    case.sent += [
        acknowledged(start, result={"attempt": pk}), acknowledged(end, result={"attempt": pk, "score": 0}),
    ]  # fmt: skip
    case.feed += [FeedEvent(last + 1, STARTED, pk, 0), FeedEvent(last + 2, COMPLETED, pk, 0)]


def one_attempt_more_than_asked(case: Case) -> None:
    another_attempt(case, 2)
    case.sent = [sent for sent in case.sent if sent.operation.number != 20]


def three_attempts(case: Case) -> None:
    another_attempt(case, 2)
    another_attempt(case, 3)


def two_open_attempts(case: Case) -> None:
    case.unfinished()
    case.attempts.append(replace(case.attempts[0], pk=51, number=2, revision=0, answers={}))
    case.sent.append(acknowledged(operation(20, Kind.START), result={"attempt": 51}))
    case.feed.append(FeedEvent(3, STARTED, 51, 0))


def double_a_save(case: Case) -> None:
    case.change(revision=3)
    case.feed[1:] = [FeedEvent(2, SAVED, ATTEMPT, 3), FeedEvent(3, COMPLETED, ATTEMPT, 3)]


def misjudge(case: Case) -> None:
    case.change(score=2)
    case.sent[-1] = acknowledged(COMPLETE, result={"attempt": ATTEMPT, "score": 2})


BAD: dict[str, tuple[Callable[[Case], object], list[Breach]]] = {
    "a save is lost": (lose_the_last_save, [Breach.LOST]),
    "a save is lost and the next is there": (lose_a_save_in_between, [Breach.TORN]),
    "an attempt is lost": (lose_the_attempt, [Breach.LOST]),
    "an end is lost": (lose_the_end, [Breach.LOST]),
    "a note is lost": (lambda case: case.notes.clear(), [Breach.LOST]),
    "a save is doubled": (double_a_save, [Breach.DOUBLED]),
    "a note is doubled": (lambda case: case.notes.update(["note 4"]), [Breach.KEY_TWICE]),
    "a note is nobody's": (lambda case: case.notes.update(["another"]), [Breach.DOUBLED]),
    "an attempt has ended by itself": (lambda case: case.sent.pop(), [Breach.DOUBLED]),
    "a start is doubled": (one_attempt_more_than_asked, [Breach.DOUBLED]),
    "a key is carried out twice": (
        lambda case: case.sent.append(acknowledged(NOTE)), [Breach.KEY_TWICE],
    ),
    "a key leads to two attempts": (
        lambda case: case.sent.append(acknowledged(START, is_replayed=True, result={"attempt": 51})),
        [Breach.KEY_TWICE],
    ),
    "an attempt too many": (three_attempts, [Breach.TOO_MANY]),
    "two open attempts": (two_open_attempts, [Breach.TOO_MANY]),
    "numbers with a gap": (lambda case: case.change(number=2), [Breach.TORN]),
    "a start beyond the limit": (
        lambda case: case.sent.append(acknowledged(BEYOND)), [Breach.TOO_MANY],
    ),
    "a wrong score": (misjudge, [Breach.WRONG_SCORE]),
    "wrong points": (
        lambda case: case.change(answers={CITY: StoredAnswer("Oslo", 2), FREE: StoredAnswer("said 3", 0)}),
        [Breach.WRONG_SCORE],
    ),
    "a wrong verdict": (lambda case: case.change(is_passed=False), [Breach.WRONG_SCORE]),
    "another score was told": (
        lambda case: case.sent.__setitem__(-1, acknowledged(COMPLETE, result={"attempt": ATTEMPT, "score": 4})),
        [Breach.WRONG_SCORE],
    ),
    "a bug": (
        lambda case: case.sent.insert(1, acknowledged(START, outcome=Outcome.UNKNOWN, code="INTERNAL")),
        [Breach.WRONG_ANSWER],
    ),
    "a word of our side": (
        lambda case: case.sent.insert(
            1, acknowledged(START, outcome=Outcome.UNKNOWN, code="UNAVAILABLE", said="connection to server")
        ),
        [Breach.TOLD_TOO_MUCH],
    ),
    "a refusal for no reason": (
        lambda case: case.sent.insert(1, acknowledged(START, outcome=Outcome.REFUSED, code="TIME_EXPIRED")),
        [Breach.WRONG_ANSWER],
    ),
    "no event of the start": (lambda case: case.feed.pop(0), [Breach.EVENT_MISSED]),
    "no event of the last save": (
        lambda case: case.feed.__setitem__(1, FeedEvent(2, SAVED, ATTEMPT, 1)), [Breach.EVENT_MISSED],
    ),
    "no event of the end": (lambda case: case.feed.pop(), [Breach.EVENT_MISSED]),
    "an event that was doubled": (
        lambda case: case.feed.append(FeedEvent(4, COMPLETED, ATTEMPT, 2)), [Breach.EVENT_DOUBLED],
    ),
    "an event that was not read": (lambda case: setattr(case, "read", case.feed[:2]), [Breach.EVENT_MISSED]),
    "an event that was read twice": (
        lambda case: setattr(case, "read", [*case.feed, case.feed[2]]), [Breach.EVENT_DOUBLED],
    ),
    "a webhook that never came": (
        lambda case: setattr(case, "received", case.feed[1:]), [Breach.WEBHOOK_MISSED],
    ),
    "a note that is not read": (lambda case: case.reads.append(Read(LEARNER, 4.0)), [Breach.NOT_SHOWN]),
    "a note that is read twice": (
        lambda case: case.reads.append(Read(LEARNER, 5.0, ("note 4", "note 4"))), [Breach.DOUBLED],
    ),
    "a note of nobody that is read": (
        lambda case: case.reads.append(Read(LEARNER, 5.0, ("note 4", "diverged"))), [Breach.MADE_UP],
    ),
    "a note of somebody else that is read": (
        lambda case: case.reads.append(Read(LEARNER + 1, 5.0, ("note 4",))), [Breach.MADE_UP],
    ),
    "a read that fails": (
        lambda case: case.reads.append(Read(LEARNER, 5.0, code="INTERNAL")), [Breach.WRONG_ANSWER],
    ),
    "a read that says a word of our side": (
        lambda case: case.reads.append(Read(LEARNER, 5.0, code="UNAVAILABLE", said="faults-1")),
        [Breach.TOLD_TOO_MUCH],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_found_and_nothing_else(name: str) -> None:
    how, breaches = BAD[name]

    assert spoil(Case(), how) == breaches


def test_an_event_may_still_be_in_the_outbox() -> None:
    case = Case()
    case.outbox = [case.feed.pop()]

    assert case.breaches() == []
