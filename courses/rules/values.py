"""Plain values that the rules work on: questions, layouts, responses and grades."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypedDict

from courses.constants import (
    FULL_CREDIT,
    NO_CREDIT,
    Correctness,
    QuestionType,
    ScoringPolicy,
    Selection,
    TextMatch,
)
from courses.rules.words import is_blank


class ResponseMember(StrEnum):
    """Members of a response, one for each type of question."""

    CHOICES = "choices"
    TEXT = "text"
    MATCHES = "matches"
    BLANKS = "blanks"


Response = Mapping[str, Any]
"""A stored response, in its canonical form:

* `{"choices": [answer id, ...]}`, sorted
* `{"text": "..."}`
* `{"matches": {"<answer id of the prompt>": answer id of the match, ...}}`
* `{"blanks": {"<key>": "<text>", ...}}`
"""

Given = Mapping[str, Any]
"""A response before it is checked: like a stored one, but matches and blanks are lists of pairs, so that a
repetition can be seen: `{"matches": [(prompt, match), ...]}`, `{"blanks": [(key, text), ...]}`.
"""


def worth(*, is_correct: bool, credit: Decimal | None) -> Decimal:
    """Return the credit (-1..1) of an answer: the one that its author named, or all or nothing."""
    if credit is not None:
        return credit
    return FULL_CREDIT if is_correct else NO_CREDIT


@dataclass(frozen=True, slots=True)
class Answer:
    """One option, accepted text or pair of a question, as its author wrote it.

    `credit` overrides the all or nothing of `is_correct`: 0..1, or down to -1 where picks are WEIGHTED. `tolerance` is
    used by numeric texts, `match_text` by matching and `blank_key` by fill in the blank.
    """

    id: int
    text: str
    is_correct: bool = False
    match_text: str = ""
    blank_key: str = ""
    text_match: TextMatch = TextMatch.IGNORE_CASE
    tolerance: Decimal | None = None
    credit: Decimal | None = None
    explanation: str = ""

    @property
    def worth(self) -> Decimal:
        """Credit (-1..1) of this answer: below 0 only where picks are WEIGHTED."""
        return worth(is_correct=self.is_correct, credit=self.credit)

    @property
    def is_prompt(self) -> bool:
        """True where a learner has to find the match of this answer; one without a text is a distractor."""
        return not is_blank(self.text) and not is_blank(self.match_text)


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its key. `answers` are in the author's order.

    `asked_as` is the number of choices that an attempt allowed to pick; None outside of attempts, where the key
    decides. `decimal_comma`: whether 3,14 is a number in a response, as the course said when the key was read.
    `asked` are the answers as an attempt showed them, by their ids, where it was asked another version.
    """

    type: QuestionType
    scoring: ScoringPolicy
    points: int
    answers: tuple[Answer, ...]
    asked_as: Selection | None = None
    decimal_comma: bool = False
    asked: Mapping[int, Answer] | None = None

    def as_asked(self, answer: Answer) -> Answer:
        """Return an answer as it was asked, for sentences."""
        return self.asked.get(answer.id, answer) if self.asked else answer


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Defect that no further editing can mend, with its path inside the question: `("answers", "1", "match_text")`."""

    path: tuple[str, ...]
    message: str


class LayoutEntry(TypedDict, total=False):
    """One question of a layout, with its offer. All lists but `blanks` (the keys to fill) hold ids of answers.

    `version` is the id of the version that was asked. `points` and `selection` (the number of choices that may be
    picked) are frozen: later edits of the question do not change them.
    """

    id: int
    version: int
    points: int
    selection: Selection
    choices: list[int]
    prompts: list[int]
    matches: list[int]
    blanks: list[str]


class Layout(TypedDict):
    """The questions of an attempt in the order in which its learner sees them, and the format of its receipt."""

    receipt: int
    questions: list[LayoutEntry]


@dataclass(frozen=True, slots=True)
class Solution:
    """Response with full credit; only the members of the question's type are filled.

    Choices, prompts and matches are named by ids of answers, or by places where it is a solution in an attempt.
    `texts` are all accepted texts, best first. `matches` maps each prompt to its match. `blanks` holds the best
    accepted text of each key.
    """

    choices: tuple[int, ...] | None = None
    texts: tuple[str, ...] | None = None
    matches: Mapping[int, int] | None = None
    blanks: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of one question type's rule: the exact credit (None: a person grades), and the reasons."""

    credit: Fraction | None
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """Result of one response.

    `credit` is 0..1, `exact_points` are the points of the question times the credit, and `points` are whole; all are
    None while a person still has to grade. `steps` are sentences that explain the result and name the key: only for
    people who may see it.
    """

    correctness: Correctness
    credit: Fraction | None
    exact_points: Fraction | None
    points: int | None
    steps: tuple[str, ...]

    @property
    def is_correct(self) -> bool | None:
        """True for full credit only; None while a person still has to grade."""
        return None if self.credit is None else self.credit == FULL_CREDIT
