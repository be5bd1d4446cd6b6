"""The plain values that grading works on: questions, responses and grades. No rule stands here."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from courses.constants import (
    FULL_CREDIT,
    NO_CREDIT,
    Correctness,
    QuestionType,
    ScoringPolicy,
    Selection,
    TextMatch,
)

Response = Mapping[str, Any]
"""A stored response. It has the one member that its question's type answers with (`RESPONSE_MEMBERS`):

* `{"choices": [answer id, ...]}`, sorted
* `{"text": "..."}`
* `{"matches": {"<answer id of the prompt>": answer id of the match, ...}}`
* `{"blanks": {"<key>": "<text>", ...}}`
"""

Given = Mapping[str, Any]
"""A response before it is checked: like a stored one, but matches and blanks are lists of pairs, so that a
repetition can be seen: `{"matches": [(prompt, match), ...]}`, `{"blanks": [(key, text), ...]}`.
"""

RESPONSE_MEMBERS: Mapping[QuestionType, str] = {
    QuestionType.MULTIPLE_CHOICE: "choices",
    QuestionType.TRUE_FALSE: "choices",
    QuestionType.SHORT_ANSWER: "text",
    QuestionType.ESSAY: "text",
    QuestionType.MATCHING: "matches",
    QuestionType.FILL_BLANK: "blanks",
}


def worth(*, is_correct: bool, credit: Decimal | None) -> Decimal:
    """What an answer earns, 0..1: the credit that its author named, or all or nothing."""
    if credit is not None:
        return credit
    return FULL_CREDIT if is_correct else NO_CREDIT


@dataclass(frozen=True, slots=True)
class Answer:
    """One option, accepted text or pair of a question, as its author wrote it.

    `credit` (0..1) overrides what `is_correct` says the answer is worth. `tolerance` is used by numeric
    texts, `match_text` by matching and `blank_key` by fill in the blank.
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
        """The credit (0..1) for giving this answer."""
        return worth(is_correct=self.is_correct, credit=self.credit)

    @property
    def is_prompt(self) -> bool:
        """Whether a learner has to find the match of this answer; one without a text is a distractor."""
        return bool(self.text.strip() and self.match_text.strip())


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its key. `answers` are in the author's order."""

    type: QuestionType
    scoring: ScoringPolicy
    points: int
    answers: tuple[Answer, ...]

    @property
    def selection(self) -> Selection | None:
        """How many choices may be picked, None where there are none to pick."""
        return selection_of(self.type, right_answers=sum(answer.is_correct for answer in self.answers))


def selection_of(type: QuestionType, *, right_answers: int) -> Selection | None:
    """How many choices may be picked of a question of that type with so many right answers; None: there are none."""
    if type == QuestionType.TRUE_FALSE:
        return Selection.SINGLE
    if type != QuestionType.MULTIPLE_CHOICE:
        return None
    return Selection.MULTIPLE if right_answers > 1 else Selection.SINGLE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule of one question type says: the exact credit (None: a person grades), and why."""

    credit: Decimal | None
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """The result of one response.

    `credit` is 0..1 and `points` are whole; both are None while a person still has to grade. `steps` are
    sentences that explain the result and name the key: only for people who may see it.
    """

    correctness: Correctness
    credit: Decimal | None
    points: int | None
    steps: tuple[str, ...]

    @property
    def is_correct(self) -> bool | None:
        """True for full credit only, None while a person still has to grade."""
        return None if self.credit is None else self.credit == FULL_CREDIT
