"""What a question type has to say for itself, from the author's draft to the receipt."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, ClassVar, NamedTuple

from courses.constants import MAX_RESPONSE_TEXT_LENGTH, QuestionType, Selection
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
    """What a response also says in the two columns that the specification has for it."""

    selected_answer_id: int | None = None
    text_answer: str = ""


class QuestionKind(ABC):
    """One type of question. Has no state: what it is asked about is handed in.

    A response is handed in as the value of its one `member`: as its client gave it (`given`), or in its
    canonical form, as it is stored (`value`).
    """

    type: ClassVar[QuestionType]
    member: ClassVar[ResponseMember]
    has_key: ClassVar[bool] = True
    """Whether the key decides what a response earns. Without one a person does."""
    listing_accepts: ClassVar[bool] = False
    """Whether listing an answer accepts it, where the author marks none as correct."""

    # ---------------------------------------------------------------- what an author wrote

    @abstractmethod
    def contradictions(self, question: Question, text: str) -> Iterable[Contradiction]:
        """Everything that no editing of other parts can mend, so that not even a draft is stored."""

    @abstractmethod
    def problems(self, question: Question) -> Iterable[str]:
        """What keeps a stored question from being asked, a sentence each that says how to mend it."""

    # ---------------------------------------------------------------- laying it out

    def selection(self, question: Question) -> Selection | None:
        """How many choices may be picked; None where there are none to pick."""
        return None

    @abstractmethod
    def offer(self, question: Question) -> LayoutEntry:
        """Everything that there is to pick, pair or fill, in the author's order; without `id` and `points`."""

    def lay_out(self, question: Question, random: Random) -> LayoutEntry:
        """The same as one attempt offers it, in an order that says nothing about the author's."""
        return self.offer(question)

    def offered(self, answers: Sequence[Answer], entry: LayoutEntry) -> tuple[Answer, ...]:
        """The answers as an attempt offers them: what an author has added since was never offered."""
        return tuple(answers)

    # ---------------------------------------------------------------- what a learner answered

    def from_places(self, entry: LayoutEntry, given: Any) -> Any:
        """A given value that names places of the layout, by ids of answers. Raises ResponseMismatch."""
        return given

    def to_places(self, entry: LayoutEntry, value: Any) -> Any:
        """A stored value as its learner sees it: by places of the layout, in the layout's order.

        Answers that have been removed since are left out.
        """
        return value

    @abstractmethod
    def check(self, entry: LayoutEntry, given: Any) -> Any:
        """The canonical form of a given value, which names ids of answers.

        Raises ResponseMismatch for a shape that does not fit, anything the layout does not offer, repetitions,
        too many picks and texts that are too long. No sentence depends on the key.
        """

    @abstractmethod
    def is_blank(self, value: Any) -> bool:
        """Whether a stored value says nothing."""

    def columns(self, value: Any) -> SpecifiedColumns:
        """What the specified columns say of a stored value."""
        return SpecifiedColumns()

    def from_columns(self, columns: SpecifiedColumns, question: Question) -> Any:
        """The value that was set by the specified columns; None where they cannot say it."""
        return None

    # ---------------------------------------------------------------- what it earns

    @abstractmethod
    def grade(self, question: Question, value: Any) -> Verdict:
        """The credit for a value that is not blank, by the key of `question`, and why."""

    @abstractmethod
    def solution(self, question: Question) -> Solution:
        """What earns full credit, by ids of answers."""

    def solution_in(self, question: Question, entry: LayoutEntry) -> Solution:
        """The same by places of an attempt's layout."""
        return self.solution(question)


def listed(given: Any) -> list[Any]:
    """A given value as a list. Raises ResponseMismatch when it is none."""
    if not isinstance(given, list | tuple):
        raise ResponseMismatch("Please answer with a list.")
    return list(given)


def pairs(given: Any) -> list[tuple[Any, Any]]:
    """A given value as a list of pairs. Raises ResponseMismatch when it is none."""
    found = listed(given)
    if any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in found):
        raise ResponseMismatch("Please answer with a list of pairs.")
    return [(first, second) for first, second in found]


def written(given: Any) -> str:
    """A given value as a text. Raises ResponseMismatch when it is none, or too long."""
    if not isinstance(given, str):
        raise ResponseMismatch("Please answer with a text.")
    if len(given) > MAX_RESPONSE_TEXT_LENGTH:
        raise ResponseMismatch(
            f"Please shorten this text to {MAX_RESPONSE_TEXT_LENGTH:,} characters; it has {len(given):,}."
        )
    return given


def look_alikes(texts: Mapping[int, str], noun: str) -> Iterator[str]:
    """A sentence for each text that stands in several answers, which `texts` names by place: learners could not
    tell them apart. Blank ones are another problem.
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
    """The id at a place of a layout; a negative place is no place. Raises ResponseMismatch."""
    if not 0 <= place < len(ids):
        raise ResponseMismatch(f"This question has no such place among its {offered}.")
    return ids[place]
