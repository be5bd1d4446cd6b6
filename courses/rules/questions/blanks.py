"""Fill in the blank: all keys weigh the same, and each text is compared like a short answer."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from courses.constants import QuestionType
from courses.exceptions import ResponseMismatch
from courses.rules.questions.kind import QuestionKind, SpecifiedColumns, pairs, written
from courses.rules.questions.texts import (
    best_first,
    explain_match,
    problems_of_texts,
    unacceptable_texts,
)
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

_MARK = re.compile(r"\[\[([^\[\]]+)\]\]")


def marked_blanks(text: str) -> list[str]:
    """Return the keys that a text marks as `[[key]]`, each once, in their order."""
    return list(dict.fromkeys(_MARK.findall(text)))


def blank_keys(answers: Sequence[Answer]) -> list[str]:
    """Return the keys to fill, each once, in the order in which the author first named them.

    A question with a single blank need not name it: its key is then empty.
    """
    return list(dict.fromkeys(answer.blank_key for answer in answers))


class FillBlank(QuestionKind):
    """Fill in the blank, graded by the mean, over all keys, of the credit of the best accepted text that matches."""

    type = QuestionType.FILL_BLANK
    member = ResponseMember.BLANKS
    listing_accepts = True

    def contradictions(self, question: Question, text: str) -> Iterator[Contradiction]:
        yield from unacceptable_texts(question.answers)
        yield from _unmarked(question.answers, marked_blanks(text))

    def problems(self, question: Question) -> Iterator[str]:
        keys = blank_keys(question.answers)
        if not keys:
            yield "Add at least one blank with an accepted text."
        if "" in keys and len(keys) > 1:
            yield "Say for every accepted text which blank it fills."
        for key in keys:
            texts = [answer for answer in question.answers if answer.blank_key == key]
            yield from problems_of_texts(texts, f"Add at least one accepted text for the blank “{key}”.")

    def offer(self, question: Question) -> LayoutEntry:
        return {"blanks": blank_keys(question.answers)}

    def offered(self, answers: Any, entry: LayoutEntry) -> tuple[Answer, ...]:
        return tuple(answer for answer in answers if answer.blank_key in entry["blanks"])

    def to_places(self, entry: LayoutEntry, value: Any) -> list[tuple[str, str]]:
        return [(key, value[key]) for key in entry["blanks"] if key in value]

    def check(self, entry: LayoutEntry, given: Any) -> dict[str, str]:
        filled = pairs(given)
        keys = [key for key, _ in filled]
        if any(key not in entry["blanks"] for key in keys):
            raise ResponseMismatch("Please fill the blanks of this question only.")
        if len(set(keys)) < len(keys):
            raise ResponseMismatch("Please fill each blank at most once.")
        return {key: written(text) for key, text in filled}

    def is_blank(self, value: Any) -> bool:
        return all(is_blank(text) for text in value.values())

    def from_columns(self, columns: SpecifiedColumns, question: Question) -> Any:
        """Return the text as the value of the blank, where there is only one."""
        keys = blank_keys(question.answers)
        return {keys[0]: columns.text_answer} if columns.text_answer and len(keys) == 1 else None

    def grade(self, question: Question, value: Any) -> Verdict:
        keys = blank_keys(question.answers)
        steps = ["Fill in the blank: every blank weighs the same."]
        total = Fraction(0)
        for key in keys:
            accepted = [answer for answer in question.answers if answer.blank_key == key]
            credit, explanation = explain_match(
                value.get(key, ""), accepted, decimal_comma=question.decimal_comma
            )
            total += credit
            steps.append(f"Blank “{key}”: {explanation}" if key else f"The blank: {explanation}")
        return Verdict(total / len(keys) if keys else Fraction(0), tuple(steps))

    def solution(self, question: Question) -> Solution:
        best: dict[str, str] = {}
        for answer in best_first(question.answers):
            best.setdefault(answer.blank_key, answer.text)
        return Solution(blanks={key: best[key] for key in blank_keys(question.answers) if key in best})


def _unmarked(answers: Sequence[Answer], marked: Sequence[str]) -> Iterator[Contradiction]:
    """Yield differences between the blanks that the text marks and those that accepted texts name.

    A draft without answers may have marks already.
    """
    if not marked:
        return
    for place, answer in enumerate(answers):
        if answer.blank_key not in marked:
            known = ", ".join(f"[[{key}]]" for key in marked)
            path = ("answers", str(place), "blank_key")
            yield Contradiction(path, f"The text marks no such blank, but {known}.")
    for key in marked if answers else ():
        if key not in blank_keys(answers):
            yield Contradiction(("answers",), f"Add an accepted text for the blank [[{key}]].")
