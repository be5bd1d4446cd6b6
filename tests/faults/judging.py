"""Judge of a history: compares what clients were told with what is stored once everything is well again.

The rules, whatever has happened: what was acknowledged is stored, once; what was not may be there or not, but whole; no
key is carried out twice; limits hold; scores are what the stored responses earn; a learner reads all of what they have
written, and nothing else; and of every change there is an event, which the reader of the feed has read and the webhook
has received.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.faults.history import History, Kind, Operation, Sent, is_acknowledged, is_trouble
from tests.faults.stored import FeedEvent, Stored, StoredAttempt
from tests.faults.world import World

STARTED, SAVED, COMPLETED = "attempt.started", "attempt.saved", "attempt.completed"
SENT_BY_WEBHOOK = (STARTED, COMPLETED)
"""Types of events that the receiver has asked for."""
OF_FAULTS = frozenset({"UNAVAILABLE", "BUSY", "TIMEOUT", "OVERLOADED", "NO_ANSWER", "NO_CONNECTION"})
"""Codes that a fault explains, unless nobody may notice it."""
OF_OUR_SIDE = ("socket", "psycopg", "port ", "connection", "Traceback", "SELECT", "courses_", "faults-")
"""Words that no client is told: the last begins the directories of the cluster."""


class Breach(StrEnum):
    """Rule that is broken."""

    LOST = "lost"
    """Acknowledged, and not stored."""
    NOT_SHOWN = "not shown"
    """Acknowledged, and not read by the learner afterwards."""
    MADE_UP = "made up"
    """Read by a learner who has never written it."""
    DOUBLED = "doubled"
    """Stored or shown more often than it was to be done."""
    KEY_TWICE = "key carried out twice"
    TOO_MANY = "beyond a limit"
    TORN = "in part"
    """Stored is what no order of the whole operations makes."""
    WRONG_SCORE = "wrong score"
    WRONG_ANSWER = "wrong answer"
    """Answered with a code that no fault explains."""
    TOLD_TOO_MUCH = "told too much"
    """Answered with something of our side."""
    EVENT_MISSED = "event missed"
    EVENT_DOUBLED = "event doubled"
    WEBHOOK_MISSED = "webhook missed"


@dataclass(frozen=True)
class Finding:
    """Rule that is broken, and by what."""

    breach: Breach
    by: str


@dataclass(frozen=True)
class Told:
    """Events that others were told: by reading the feed, and by webhooks."""

    read: Sequence[FeedEvent]
    received: Sequence[FeedEvent]


def judge(
    history: History,
    stored: Stored,
    told: Told | None,
    world: World,
    *,
    explained: Collection[str] = OF_FAULTS,
    until: float = float("inf"),
) -> list[Finding]:
    """Find what breaks a rule. Only `explained` codes are of the fault.

    What was acknowledged after `until` is taken for unknown: a copy that was made from then on may have it or not.
    Without `told` nobody was listening, as to a copy; events have to be there all the same.
    """
    acknowledged = history.acknowledged(until=until)
    operations = [operation for operation in history.operations() if not operation.beyond_limit]
    findings = [
        *_answers(history, explained),
        *_reads(history),
        *_keys(acknowledged),
        *_starts(operations, acknowledged, stored),
        *_limits(stored, world),
        *_notes(operations, acknowledged, stored),
        *(
            finding
            for attempt in stored.attempts
            for finding in (
                *_responses(attempt, operations, acknowledged),
                *_completion(attempt, operations, acknowledged),
                *_score(attempt, acknowledged, world),
                *_events(attempt, stored),
            )
        ),
    ]
    return findings if told is None else [*findings, *_told(stored, told)]


def _answers(history: History, explained: Collection[str]) -> Iterator[Finding]:
    for sent in history.sent:
        if sent.operation.beyond_limit and is_acknowledged(sent):
            yield Finding(Breach.TOO_MANY, f"acknowledged beyond the limit: {sent.operation}")
    for each in history.ended:
        if is_trouble(each) and each.code not in explained:
            yield Finding(Breach.WRONG_ANSWER, f"{each}")
        if any(word in each.said for word in OF_OUR_SIDE):
            yield Finding(Breach.TOLD_TOO_MUCH, each.said)


def _reads(history: History) -> Iterator[Finding]:
    """A learner reads all that was acknowledged before they asked, and nothing that they have not written."""
    asked: dict[int, dict[str, float]] = {}
    for sent in history.sent:
        if sent.operation.kind is Kind.NOTE:
            known = asked.setdefault(sent.operation.saver, {})
            moment = sent.ended_at if is_acknowledged(sent) else float("inf")
            known[sent.operation.text] = min(moment, known.get(sent.operation.text, float("inf")))
    for read in history.reads:
        written, shown = asked.get(read.saver, {}), Counter(read.notes)
        for text, acknowledged_at in written.items():
            if not read.code and acknowledged_at <= read.sent_at and not shown[text]:
                yield Finding(Breach.NOT_SHOWN, f"{text}, acknowledged at {acknowledged_at}: {read}")
        for text, number in shown.items():
            if text not in written:
                yield Finding(Breach.MADE_UP, f"{text}: {read}")
            elif number > 1:
                yield Finding(Breach.DOUBLED, f"{number} times {text}: {read}")


def _keys(acknowledged: dict[str, list[Sent]]) -> Iterator[Finding]:
    """Two acknowledgements of one key are of one effect: the first alone is no repetition, and both name the same."""
    for key, times in acknowledged.items():
        if sum(sent.operation.is_keyed and not sent.is_replayed for sent in times) > 1:
            yield Finding(Breach.KEY_TWICE, f"{key} was carried out and no repetition, twice")
        if len({sent.result.get("attempt") for sent in times}) > 1:
            yield Finding(Breach.KEY_TWICE, f"{key} has led to different attempts")


def _starts(
    operations: Iterable[Operation], acknowledged: dict[str, list[Sent]], stored: Stored
) -> Iterator[Finding]:
    asked: Counter[tuple[int, int]] = Counter()
    for operation in operations:
        if operation.kind is Kind.START:
            asked[operation.saver, operation.assessment] += 1
            for sent in acknowledged.get(operation.key, [])[:1]:
                attempt = stored.attempt(sent.result.get("attempt"))
                if attempt is None or (attempt.learner, attempt.assessment) != (
                    operation.saver,
                    operation.assessment,
                ):
                    yield Finding(Breach.LOST, f"{operation}")
    for place, number in Counter((each.learner, each.assessment) for each in stored.attempts).items():
        if number > asked[place]:
            yield Finding(Breach.DOUBLED, f"{number} attempts of learner and assessment {place}")


def _limits(stored: Stored, world: World) -> Iterator[Finding]:
    numbers: dict[tuple[int, int], list[int]] = {}
    for attempt in stored.attempts:
        numbers.setdefault((attempt.learner, attempt.assessment), []).append(attempt.number)
    for place, of_place in numbers.items():
        if len(of_place) > world.attempts_of_each:
            yield Finding(Breach.TOO_MANY, f"{len(of_place)} attempts of learner and assessment {place}")
        elif sorted(of_place) != list(range(1, len(of_place) + 1)):
            yield Finding(Breach.TORN, f"attempts {of_place} of learner and assessment {place}")
    for learner, number in Counter(
        (attempt.learner, attempt.assessment) for attempt in stored.attempts if not attempt.is_completed
    ).items():
        if number > 1:
            yield Finding(Breach.TOO_MANY, f"{number} open attempts of learner and assessment {learner}")


def _notes(
    operations: Iterable[Operation], acknowledged: dict[str, list[Sent]], stored: Stored
) -> Iterator[Finding]:
    asked = {operation.text: operation for operation in operations if operation.kind is Kind.NOTE}
    for text, operation in asked.items():
        if not stored.notes[text] and operation.key in acknowledged:
            yield Finding(Breach.LOST, f"{operation}")
    for text, number in stored.notes.items():
        if number > 1:
            yield Finding(Breach.KEY_TWICE, f"{number} notes of one key: {text}")
        if text not in asked:
            yield Finding(Breach.DOUBLED, f"a note that nobody has asked for: {text}")


def _responses(
    attempt: StoredAttempt, operations: Iterable[Operation], acknowledged: dict[str, list[Sent]]
) -> Iterator[Finding]:
    """Each save changes something and so makes a revision, and a saver does one after the other: revision n is the
    first n saves.
    """
    saves = [each for each in operations if each.kind is Kind.SAVE and each.attempt == attempt.pk]
    certain = max((place for place, each in enumerate(saves, 1) if each.key in acknowledged), default=0)
    if attempt.revision < certain:
        yield Finding(Breach.LOST, f"{saves[attempt.revision]} of attempt {attempt.pk}")
    if attempt.revision > len(saves):
        yield Finding(Breach.DOUBLED, f"{attempt.revision} revisions of {len(saves)} saves, {attempt.pk}")
    expected: dict[int, str] = {}
    for save in saves[: attempt.revision]:
        expected |= save.answers
    found = {question: answer.text for question, answer in attempt.answers.items()}
    if found != expected and certain <= attempt.revision <= len(saves):
        yield Finding(
            Breach.TORN, f"attempt {attempt.pk}, revision {attempt.revision}: {found}, not {expected}"
        )


def _completion(
    attempt: StoredAttempt, operations: Iterable[Operation], acknowledged: dict[str, list[Sent]]
) -> Iterator[Finding]:
    asked = [each for each in operations if each.kind is Kind.COMPLETE and each.attempt == attempt.pk]
    if not attempt.is_completed and any(each.key in acknowledged for each in asked):
        yield Finding(Breach.LOST, f"{asked[0]}")
    if attempt.is_completed and not asked:
        yield Finding(Breach.DOUBLED, f"attempt {attempt.pk} has ended, and nobody has asked for that")


def _score(attempt: StoredAttempt, acknowledged: dict[str, list[Sent]], world: World) -> Iterator[Finding]:
    taken = world.assessment(attempt.assessment)
    earned = {
        question.pk: question.points
        for question in taken.questions
        if attempt.is_completed
        and question.pk in attempt.answers
        and attempt.answers[question.pk].text == question.right
    }
    score = sum(earned.values())
    is_passed = score * 100 >= world.passing_score * taken.max_score if attempt.is_completed else None
    points = {pk: answer.points for pk, answer in attempt.answers.items() if answer.points}
    exact = float(score) if attempt.is_completed else None
    found = (attempt.score, attempt.exact_score, attempt.max_score, attempt.is_passed, points)
    if found != (score, exact, taken.max_score, is_passed, earned):
        yield Finding(Breach.WRONG_SCORE, f"attempt {attempt.pk}: {found}, not {score} by {earned}")
    for times in acknowledged.values():
        for sent in times:
            is_result = sent.operation.kind is Kind.COMPLETE and sent.result.get("attempt") == attempt.pk
            if is_result and attempt.is_completed and sent.result.get("score") != attempt.score:
                yield Finding(
                    Breach.WRONG_SCORE, f"attempt {attempt.pk} was told as {sent.result}, not {attempt.score}"
                )


def _events(attempt: StoredAttempt, stored: Stored) -> Iterator[Finding]:
    """Of each attempt there is its start, its end, and its last save: earlier ones may have been joined to that."""
    events = [each for each in (*stored.feed, *stored.outbox) if each.attempt == attempt.pk]
    types = Counter(event.type for event in events)
    is_saved = any(event.type == SAVED and event.revision == attempt.revision for event in events)
    missing = [
        *([STARTED] if not types[STARTED] else []),
        *([SAVED] if attempt.revision and not is_saved else []),
        *([COMPLETED] if attempt.is_completed and not types[COMPLETED] else []),
    ]
    for each in missing:
        yield Finding(Breach.EVENT_MISSED, f"{each} of attempt {attempt.pk}, revision {attempt.revision}")
    for each in (STARTED, COMPLETED):
        if types[each] > 1:
            yield Finding(Breach.EVENT_DOUBLED, f"{types[each]} times {each} of attempt {attempt.pk}")


def _told(stored: Stored, told: Told) -> Iterator[Finding]:
    """The reader has every event once and in order, the receiver at least once."""
    for event in _missing(stored.feed, told.read):
        yield Finding(Breach.EVENT_MISSED, f"{event} was not read")
    positions = [event.position for event in told.read]
    if positions != sorted(set(positions)):
        yield Finding(Breach.EVENT_DOUBLED, f"read out of order or twice: {positions}")
    sent = [event for event in stored.feed if event.type in SENT_BY_WEBHOOK]
    for event in _missing(sent, told.received):
        yield Finding(Breach.WEBHOOK_MISSED, f"{event} was not received")


def _missing(expected: Iterable[FeedEvent], found: Collection[FeedEvent]) -> list[FeedEvent]:
    known = set(found)
    return [event for event in expected if event not in known]
