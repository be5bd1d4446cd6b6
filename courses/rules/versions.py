"""Versions of a question: its content as it stood, in one canonical form, and what a learner may see of it.

The digest of canonical content is the identity of a version: content that returns is the old version again. It covers
the key, so it is for staff alone: with a few choices, whoever has it can try which of them makes it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any

from courses.constants import ScoringPolicy, TextMatch
from courses.rules.canonical_json import canonical_json
from courses.rules.questions import kind_of
from courses.rules.values import Answer, Question


@dataclass(frozen=True, slots=True)
class Content:
    """Everything of a question as its author wrote it, and how its course has numbers read. Its place among the others
    is none of it.
    """

    question: Question
    text: str
    explanation: str


@dataclass(frozen=True)
class Version:
    """A version that is stored, or the content of a question that no attempt names, without an id. Immutable."""

    id: int | None
    question_id: int
    number: int
    content: Content

    @property
    def question(self) -> Question:
        return self.content.question

    @cached_property
    def answers(self) -> Mapping[int, Answer]:
        """The answers, by their ids."""
        return {answer.id: answer for answer in self.question.answers}


def content_to_json(content: Content) -> dict[str, Any]:
    """Return content as it is stored, of which `digest_of` makes the digest."""
    question = content.question
    return {
        "type": str(question.type),
        "text": content.text,
        "points": question.points,
        "explanation": content.explanation,
        "scoring": question.scoring.value,
        "answers": [_answer_to_json(answer) for answer in question.answers],
        **({"decimal_comma": True} if question.decimal_comma else {}),
    }


def content_of_json(stored: Mapping[str, Any]) -> Content:
    """Return stored content."""
    question = Question(
        type=kind_of(stored["type"]).type,
        scoring=ScoringPolicy(stored["scoring"]),
        points=stored["points"],
        answers=tuple(_answer_of_json(answer) for answer in stored["answers"]),
        decimal_comma=stored.get("decimal_comma", False),
    )
    return Content(question, stored["text"], stored["explanation"])


def digest_of(stored: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hexadecimal, of stored content as canonical JSON."""
    return hashlib.sha256(canonical_json(stored)).hexdigest()


def shown_of(content: Content) -> dict[str, Any]:
    """Return what a learner may see of content before the key opens.

    Texts only, in an order of their own: the id of a match would pair it with its prompt, and the author's order can
    tell which answers were thought of first.
    """
    question = content.question
    answers = {answer.id: answer for answer in question.answers}
    offer: Mapping[str, Any] = kind_of(question.type).lay_out(question, Random(0))  # noqa: S311 - sorted below
    texts = {
        member: sorted(
            answers[pk].match_text if member == "matches" else answers[pk].text for pk in offer[member]
        )
        for member in ("choices", "prompts", "matches")
        if member in offer
    }
    others = {member: offer[member] for member in ("selection", "blanks") if member in offer}
    return {"type": str(question.type), "text": content.text, "points": question.points, **texts, **others}


def _answer_to_json(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.id,
        "text": answer.text,
        "is_correct": answer.is_correct,
        "match_text": answer.match_text,
        "blank_key": answer.blank_key,
        "text_match": answer.text_match.value,
        "tolerance": _in_digits(answer.tolerance),
        "credit": _in_digits(answer.credit),
        "explanation": answer.explanation,
    }


def _answer_of_json(stored: Mapping[str, Any]) -> Answer:
    return Answer(
        id=stored["id"],
        text=stored["text"],
        is_correct=stored["is_correct"],
        match_text=stored["match_text"],
        blank_key=stored["blank_key"],
        text_match=TextMatch(stored["text_match"]),
        tolerance=_number(stored["tolerance"]),
        credit=_number(stored["credit"]),
        explanation=stored["explanation"],
    )


def _in_digits(number: Decimal | None) -> str | None:
    """Return a number as text that is the same however many zeros a column adds to it."""
    return None if number is None else f"{number.normalize():f}"


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
