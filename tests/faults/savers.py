"""Load: eight savers, each a learner who takes one assessment after the other and does one thing at a time.

Whatever has no certain outcome is sent again with the same key until it has one, and every sixth thing is sent again
though it was acknowledged, as a client does that has lost the answer. After a note they read all of theirs.
"""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx

from schema.core import ids
from tests.faults.history import (
    WRITES_NOTHING,
    History,
    Kind,
    Operation,
    Outcome,
    Read,
    Sent,
    is_acknowledged,
    is_answered,
)
from tests.faults.world import SAVERS, Asked, Person, Taken, World

SAVES_OF_AN_ATTEMPT = 4
SHARE_OF_SAVES_WITH_A_KEY = 0.3
"""All others may be carried out on the event loop."""
SENT_AGAIN_EVERY = 6
PAUSE_SECONDS = 0.05
"""Time after which something is sent again that was not acknowledged."""
PATIENCE_SECONDS = 20
TRIES_AFTER_THE_END = 200
"""How often something is still sent again once the load is told to end."""

DOCUMENTS = {
    Kind.START: """mutation($input: StartAttemptInput!) { answer: startAttempt(input: $input) {
        attempt { id revision questions { question choices { id text } } } userErrors { code } } }""",
    Kind.SAVE: """mutation($input: SubmitAnswersInput!) { answer: submitAnswers(input: $input) {
        attempt { id revision } userErrors { code } } }""",
    Kind.COMPLETE: """mutation($input: CompleteAttemptInput!) { answer: completeAttempt(input: $input) {
        attempt { id revision score } userErrors { code } } }""",
    Kind.NOTE: """mutation($input: CreateNoteInput!) { answer: createNote(input: $input) {
        note { id } userErrors { code } } }""",
}
READING = "NotesOfASaver"
READ = f"query {READING} {{ answer: viewer {{ notes(first: 100) {{ edges {{ node {{ content }} }} }} }} }}"


class Load:
    """Savers of one crew, from entering to leaving. What they do follows from the seed alone."""

    def __init__(
        self, address: Callable[[], str], world: World, crew: int, seed: int, *, most_reads: int = 1
    ) -> None:
        self.history = History()
        self.crew = world.crews[crew]
        assert len(self.crew) == SAVERS
        self._ending = threading.Event()
        self._savers = [
            _Saver(
                address,
                world,
                person,
                random.Random(f"{seed} {place}"),
                self.history,
                self._ending,
                most_reads,
            )
            for place, person in enumerate(self.crew)
        ]

    def __enter__(self) -> "Load":
        self._pool = ThreadPoolExecutor(SAVERS)
        self._running = [self._pool.submit(saver.run) for saver in self._savers]
        return self

    def __exit__(self, *_: object) -> None:
        """Have each saver end with an outcome of what it is doing."""
        self._ending.set()
        for running in self._running:
            running.result()
        self._pool.shutdown()

    def wait_for(self, number: int, what: Callable[[Sent | Read], bool] = is_acknowledged) -> None:
        """Return once `number` more were sent of which `what` holds."""
        self.history.wait_for(number, what)

    def wait_for_everybody(self) -> None:
        """Return once each saver has had an answer to something that was sent after this moment."""
        since = time.monotonic()
        missing = {person.pk for person in self.crew}

        def is_first_of_its_saver(ended: Sent | Read) -> bool:
            if not is_answered(ended) or ended.sent_at < since or ended.saver not in missing:
                return False
            missing.remove(ended.saver)
            return True

        self.history.wait_for(SAVERS, is_first_of_its_saver)


class _Saver:
    """One learner's client."""

    def __init__(
        self,
        address: Callable[[], str],
        world: World,
        person: Person,
        random: random.Random,
        history: History,
        ending: threading.Event,
        most_reads: int,
    ) -> None:
        self._address, self._world, self._person, self._most_reads = address, world, person, most_reads
        self._random, self._history, self._ending = random, history, ending
        self._numbers = itertools.count(1)
        self._client: httpx.Client | None = None
        self._choices: dict[int, dict[str, str]] = {}
        """Ids of the choices of each question by their texts, as the newest attempt shows them."""

    def run(self) -> None:
        try:
            for taken in self._world.assessments:
                for _ in range(self._world.attempts_of_each):
                    if self._ending.is_set() or not self._take(taken):
                        return
                if self._ending.is_set() or self._start(taken, beyond_limit=True) is None:
                    return
            raise AssertionError("the savers have run out of assessments: make more in tests/faults/world.py")
        finally:
            self._forget_connection()

    def _take(self, taken: Taken) -> bool:
        """Take the assessment once; return whether to go on."""
        started = self._start(taken)
        if started is None:
            return False
        attempt = started.result["attempt"]
        assert attempt is not None
        for _ in range(self._random.randint(1, SAVES_OF_AN_ATTEMPT)):
            if self._ending.is_set():
                return False
            answers = self._answers(taken)
            given = [
                {
                    "questionId": ids.encode("Question", pk),
                    "response": _response(self._choices.get(pk, {}), text),
                }
                for pk, text in answers.items()
            ]
            attempt_id = ids.encode("AssessmentAttempt", attempt)
            if not self._do(
                {"attemptId": attempt_id, "answers": given},
                kind=Kind.SAVE,
                assessment=taken.pk,
                attempt=attempt,
                answers=answers,
            ):
                return False
        if self._ending.is_set():
            return False
        text = f"{self._person.pk} {next(self._numbers)}"
        note = {"lessonId": ids.encode("Lesson", taken.lesson), "content": text}
        ended = {"attemptId": ids.encode("AssessmentAttempt", attempt)}
        if not self._do(note, kind=Kind.NOTE, text=text):
            return False
        for _ in range(self._random.randint(1, self._most_reads)):
            self._read()
        return bool(self._do(ended, kind=Kind.COMPLETE, assessment=taken.pk, attempt=attempt))

    def _read(self) -> None:
        """Read all their notes."""
        sent_at = time.monotonic()
        _, code, _, viewer, said = self._outcome({"query": READ})
        notes = [edge["node"]["content"] for edge in viewer["notes"]["edges"]] if viewer else []
        self._history.add(Read(self._person.pk, sent_at, tuple(notes), code, said))

    def _start(self, taken: Taken, *, beyond_limit: bool = False) -> Sent | None:
        given = {"assessmentId": ids.encode("Assessment", taken.pk)}
        return self._do(given, kind=Kind.START, assessment=taken.pk, beyond_limit=beyond_limit)

    def _answers(self, taken: Taken) -> dict[int, str]:
        """Responses to some questions, one of them a text that was never sent before: each save changes something."""
        *offering, free = taken.questions
        chosen: list[Asked] = self._random.sample(offering, self._random.randint(0, len(offering)))
        return {each.pk: self._random.choice(each.offers) for each in chosen} | {
            free.pk: f"said {next(self._numbers)}"
        }

    def _do(self, given: dict[str, Any], *, kind: Kind, **facts: Any) -> Sent | None:
        """Send it until it is done, or refused rightly; return the last time, or None when the load ends first."""
        key = str(UUID(int=self._random.getrandbits(128), version=4))
        is_keyed = kind is not Kind.SAVE or self._random.random() < SHARE_OF_SAVES_WITH_A_KEY
        operation = Operation(self._person.pk, next(self._numbers), kind, key, is_keyed=is_keyed, **facts)
        keyed = given | {"idempotencyKey": key} if is_keyed else given
        body = {"query": DOCUMENTS[kind], "variables": {"input": keyed}}
        for sent in self._times(operation, body):
            if is_acknowledged(sent):
                if operation.number % SENT_AGAIN_EVERY == 0:
                    self._send(operation, body)
                return sent
            if sent.outcome is Outcome.REFUSED and sent.code not in WRITES_NOTHING:
                return sent if operation.beyond_limit else None
        return None

    def _times(self, operation: Operation, body: dict[str, Any]) -> Iterator[Sent]:
        left = TRIES_AFTER_THE_END
        while left:
            yield self._send(operation, body)
            threading.Event().wait(PAUSE_SECONDS)
            left -= self._ending.is_set()

    def _send(self, operation: Operation, body: dict[str, Any]) -> Sent:
        sent_at = time.monotonic()
        outcome, code, is_replayed, payload, said = self._outcome(body)
        attempt = payload.get("attempt") or {}
        result: dict[str, int | None] = {
            name: attempt[name] for name in ("revision", "score") if name in attempt
        }
        if "id" in attempt:
            result["attempt"] = _key_of(attempt["id"])
        if "questions" in attempt:
            self._choices = {
                _key_of(question["question"]): {
                    choice["text"]: choice["id"] for choice in question["choices"] or []
                }
                for question in attempt["questions"]
            }
        sent = Sent(operation, sent_at, time.monotonic(), outcome, code, is_replayed, result, said)
        self._history.add(sent)
        return sent

    def _outcome(self, body: dict[str, Any]) -> tuple[Outcome, str, bool, dict[str, Any], str]:
        try:
            response = self._connection().post("/graphql/", json=body)
        except httpx.ConnectError:
            self._forget_connection()
            return Outcome.REFUSED, "NO_CONNECTION", False, {}, ""
        except httpx.TransportError:
            self._forget_connection()
            return Outcome.UNKNOWN, "NO_ANSWER", False, {}, ""
        answered = response.json()
        if errors := answered.get("errors"):
            code = errors[0]["extensions"]["code"]
            outcome = Outcome.REFUSED if code in WRITES_NOTHING else Outcome.UNKNOWN
            return outcome, code, False, {}, response.text
        payload = answered["data"]["answer"]
        if payload.get("userErrors"):
            return Outcome.REFUSED, payload["userErrors"][0]["code"], False, {}, response.text
        is_replayed = response.headers.get("idempotency-replayed") == "true"
        return Outcome.ACKNOWLEDGED, "", is_replayed, payload, ""

    def _connection(self) -> httpx.Client:
        if self._client is None:
            headers = {
                "Authorization": f"Bearer {self._person.token}",
                "Accept": "application/graphql-response+json",
            }
            self._client = httpx.Client(base_url=self._address(), timeout=PATIENCE_SECONDS, headers=headers)
        return self._client

    def _forget_connection(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _key_of(id: str) -> int:
    return int(ids.decode(id)[1])


def _response(choices: Mapping[str, str], text: str) -> dict[str, Any]:
    return {"choices": [choices[text]]} if choices else {"text": text}
