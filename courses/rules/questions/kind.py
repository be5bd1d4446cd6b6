"""Interface of a question type, from the author's draft to the receipt."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, ClassVar, NamedTuple

from courses.constants import MAX_RESPONSE_TEXT_LENGTH, NO_CREDIT, QuestionType, Selection
from courses.exceptions import ResponseMismatch
from courses.rules.text import normalise
from courses.rules.values import (
    Answer,
    Contradiction,
    LayoutEntry,
    Question,
    ResponseMember,
    Solution,
    Verdict,
)
from courses.rules.words import is_blank


class SpecifiedColumns(NamedTuple):
    """Projection of a response to the two columns that the specification has for it."""

    selected_answer_id: int | None = None
    text_answer: str = ""


class QuestionKind(ABC):
    """Question type. Stateless: everything is an argument.

    A response is passed as the value of its one `member`: as its client gave it (`given`), or in its canonical
    form, as it is stored (`value`).
    """

    type: ClassVar[QuestionType]
    member: ClassVar[ResponseMember]
    has_key: ClassVar[bool] = True
    """Grading by key. False for a type that a person grades."""
    listing_accepts: ClassVar[bool] = False
    """Acceptance of all listed answers, where the author marks none as correct."""

    # ---------------------------------------------------------------- authoring

    @abstractmethod
    def contradictions(self, question: Question, text: str) -> Iterable[Contradiction]:
        """Yield everything that no editing of other parts can mend, so that not even a draft is stored."""

    def counts_below_nothing(self, question: Question) -> bool:
        """Return whether credits of wrong answers may be below 0."""
        return False

    def uncounted_credits(self, question: Question) -> Iterator[Contradiction]:
        """Yield the credits that grading would ignore."""
        for place, answer in enumerate(question.answers):
            if answer.worth < NO_CREDIT and (answer.is_correct or not self.counts_below_nothing(question)):
                yield Contradiction(
                    ("answers", str(place), "credit"),
                    "Only wrong choices of a multiple-choice question with the scoring policy WEIGHTED have a credit "
                    "below 0. Make it 0 or more.",
                )

    @abstractmethod
    def problems(self, question: Question) -> Iterable[str]:
        """Yield the reasons why a stored question is not ready, a sentence each that says how to mend it."""

    # ---------------------------------------------------------------- layout

    def selection(self, question: Question) -> Selection | None:
        """Return the number of choices that may be picked; None for a type without choices."""
        return None

    @abstractmethod
    def offer(self, question: Question) -> LayoutEntry:
        """Return everything to pick, pair or fill, in the author's order; without `id` and `points`."""

    def lay_out(self, question: Question, random: Random) -> LayoutEntry:
        """Return the offer in the order of one attempt, which reveals nothing about the author's."""
        return self.offer(question)

    def offered(self, answers: Sequence[Answer], entry: LayoutEntry) -> tuple[Answer, ...]:
        """Return the answers that an attempt offers, without those added since."""
        return tuple(answers)

    # ---------------------------------------------------------------- responses

    def from_places(self, entry: LayoutEntry, given: Any) -> Any:
        """Translate places of the layout in a given value to ids of answers. Raises ResponseMismatch."""
        return given

    def to_places(self, entry: LayoutEntry, value: Any) -> Any:
        """Translate ids of answers in a stored value to places of the layout, in the layout's order.

        Answers that have been removed since are left out.
        """
        return value

    @abstractmethod
    def check(self, entry: LayoutEntry, given: Any) -> Any:
        """Return the canonical form of a given value, which names ids of answers.

        Raises ResponseMismatch for a shape that does not fit, anything the layout does not offer, repetitions,
        too many picks and texts that are too long. No sentence depends on the key.
        """

    @abstractmethod
    def is_blank(self, value: Any) -> bool:
        """Return whether a stored value is blank."""

    def columns(self, value: Any) -> SpecifiedColumns:
        """Project a stored value to the specified columns."""
        return SpecifiedColumns()

    def from_columns(self, columns: SpecifiedColumns, question: Question) -> Any:
        """Return the value that the specified columns stand for; None where they cannot express one."""
        return None

    # ---------------------------------------------------------------- grading

    @abstractmethod
    def grade(self, question: Question, value: Any) -> Verdict:
        """Return the credit of a value that is not blank, by the key of `question`, with the reasons."""

    @abstractmethod
    def solution(self, question: Question) -> Solution:
        """Return the response with full credit, by ids of answers."""

    def solution_in(self, question: Question, entry: LayoutEntry) -> Solution:
        """Return the response with full credit, by places of an attempt's layout."""
        return self.solution(question)


def listed(given: Any) -> list[Any]:
    """Return a given value as a list. Raises ResponseMismatch when it is none."""
    if not isinstance(given, list | tuple):
        raise ResponseMismatch("Please answer with a list.")
    return list(given)


def pairs(given: Any) -> list[tuple[Any, Any]]:
    """Return a given value as a list of pairs. Raises ResponseMismatch when it is none."""
    found = listed(given)
    if any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in found):
        raise ResponseMismatch("Please answer with a list of pairs.")
    return [(first, second) for first, second in found]


def written(given: Any) -> str:
    """Return a given value as a text. Raises ResponseMismatch when it is none, or too long."""
    if not isinstance(given, str):
        raise ResponseMismatch("Please answer with a text.")
    if len(given) > MAX_RESPONSE_TEXT_LENGTH:
        raise ResponseMismatch(
            f"Please shorten this text to {MAX_RESPONSE_TEXT_LENGTH:,} characters; it has {len(given):,}."
        )
    return given


def look_alikes(texts: Mapping[int, str], noun: str) -> Iterator[str]:
    """Yield a sentence for each text, keyed by place, that several answers share: learners could not tell them apart.

    Blank texts are another problem.
    """
    places: dict[str, list[int]] = {}
    for place, text in texts.items():
        if not is_blank(text):
            places.setdefault(normalise(text), []).append(place + 1)
    for text, alike in places.items():
        if len(alike) > 1:
            *others, last = map(str, alike)
            yield f"{noun} {', '.join(others)} and {last} look the same: “{text}”. Change all but one of them."


def at(ids: Sequence[int], place: int, offered: str) -> int:
    """Return the id at a place of a layout. Raises ResponseMismatch; a negative place is out of range."""
    if not 0 <= place < len(ids):
        raise ResponseMismatch(f"This question has no such place among its {offered}.")
    return ids[place]
