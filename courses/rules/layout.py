"""The layout of an attempt: in which order this one learner sees questions, choices, prompts and matches.

A layout is made once, when the attempt starts, and stored. What clients see and send are places in it
(0, 1, 2, ...), never the ids of answers: neither the author's order nor a place in another attempt says
anything about what is right.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal, Required, TypedDict

from courses import exceptions
from courses.constants import QuestionType
from courses.rules.grading.fill_blank import blank_keys
from courses.rules.grading.matching import match_key
from courses.rules.grading.types import Answer, Given, Question, Response


class LayoutEntry(TypedDict, total=False):
    """One question of a layout. All lists but `blanks` (the keys to fill) hold ids of answers.

    `points` is what the question gives in this attempt, whatever its author makes of it later.
    """

    id: Required[int]
    points: int
    choices: list[int]
    prompts: list[int]
    matches: list[int]
    blanks: list[str]


class Layout(TypedDict):
    """The questions of an attempt in the order in which its learner sees them."""

    questions: list[LayoutEntry]


@dataclass(frozen=True, slots=True)
class LayoutQuestion:
    """A question to lay out, with its answers in the author's order."""

    id: int
    type: QuestionType
    answers: tuple[Answer, ...]
    points: int = 1


def make_layout(questions: Sequence[LayoutQuestion], *, randomize: bool, random: Random) -> Layout:
    """Lay out an attempt: questions shuffled when asked for, choices, prompts and matches always.

    True/false keeps "True" before "False", whatever the author's order. A match text that occurs twice is
    laid out once.
    """
    ordered = list(questions)
    if randomize:
        random.shuffle(ordered)
    return {"questions": [_entry(question, random) for question in ordered]}


def trial_entry(question: LayoutQuestion) -> LayoutEntry:
    """Return an entry that offers every answer in the author's order, for authors who try a key out."""
    entry: LayoutEntry = {"id": question.id}
    match question.type:
        case QuestionType.MULTIPLE_CHOICE | QuestionType.TRUE_FALSE:
            entry["choices"] = [answer.id for answer in question.answers]
        case QuestionType.MATCHING:
            entry["prompts"] = [answer.id for answer in question.answers if answer.is_prompt]
            entry["matches"] = [answer.id for answer in question.answers if answer.match_text.strip()]
        case QuestionType.FILL_BLANK:
            entry["blanks"] = blank_keys(question.answers)
    return entry


def as_laid_out(question: Question, entry: LayoutEntry | None) -> Question:
    """Return a question as an attempt offers it: the key as it is now, for what was laid out at the start.

    What an author adds later was never offered, so it earns nobody less: further choices and blanks are left
    out, and a further prompt is only a match. None, for a question that was not laid out, changes nothing.
    """
    if entry is None:
        return question
    answers = question.answers
    if "choices" in entry:
        answers = tuple(answer for answer in answers if answer.id in entry["choices"])
    elif "prompts" in entry:
        answers = tuple(a if a.id in entry["prompts"] else replace(a, text="") for a in answers)
    elif "blanks" in entry:
        answers = tuple(answer for answer in answers if answer.blank_key in entry["blanks"])
    return replace(question, answers=answers, points=entry.get("points", question.points))


def matches_on_offer(question: Question, entry: LayoutEntry) -> dict[str, int]:
    """Return, for each prompt of an attempt, the match on offer there that is right for it, by ids of answers."""
    key_of = {answer.id: match_key(answer.match_text) for answer in question.answers}
    on_offer = {key_of[match]: match for match in entry.get("matches", []) if match in key_of}
    return {
        str(prompt): on_offer[key_of[prompt]]
        for prompt in entry.get("prompts", [])
        if key_of.get(prompt) in on_offer
    }


def offered_by(entry: LayoutEntry | None) -> frozenset[Any]:
    """Return what a question offers in an attempt, whatever the order: choices, prompts or blanks."""
    entry = entry or {"id": 0}
    return frozenset(entry.get("choices") or entry.get("prompts") or entry.get("blanks") or ())


def points_in(layout: Mapping[str, Any], questions: Mapping[int, int]) -> dict[int, int]:
    """Return what each question gives in an attempt; `questions` are the points of those it did not lay out."""
    return dict(questions) | {entry["id"]: entry["points"] for entry in layout.get("questions", ())}


def find_entry(layout: Mapping[str, Any], question_id: int) -> LayoutEntry | None:
    """Return what an attempt laid out for a question, None when the question is not part of it."""
    entries: Iterable[LayoutEntry] = layout.get("questions", ())
    return next((entry for entry in entries if entry["id"] == question_id), None)


def from_places(entry: LayoutEntry, given: Given, *, field: Sequence[str] = ()) -> Given:
    """Return a response that names places as one that names the ids of answers.

    `field` is the path of the response inside the input. Raises exceptions.ResponseMismatch for a place that
    the layout does not have, naming the member at fault.
    """
    try:
        match given:
            case {"choices": places}:
                return {"choices": [_at(entry, "choices", place) for place in places]}
            case {"matches": pairs}:
                return {"matches": [(_at(entry, "prompts", p), _at(entry, "matches", m)) for p, m in pairs]}
            case _:
                return given
    except exceptions.ResponseMismatch as refusal:
        raise exceptions.ResponseMismatch(refusal.message, field=(*field, *given)) from None


def to_places(entry: LayoutEntry, response: Response) -> Given:
    """Return a stored response as its learner sees it: ids as places, pairs and blanks in layout order.

    Answers that have been removed since are left out.
    """
    match response:
        case {"choices": ids}:
            return {
                "choices": [place for place, answer in enumerate(entry.get("choices", [])) if answer in ids]
            }
        case {"matches": pairs}:
            place_of = {answer: place for place, answer in enumerate(entry.get("matches", []))}
            chosen = [
                (place, pairs.get(str(answer))) for place, answer in enumerate(entry.get("prompts", []))
            ]
            return {"matches": [(prompt, place_of[match]) for prompt, match in chosen if match in place_of]}
        case {"blanks": texts}:
            return {"blanks": [(key, texts[key]) for key in entry.get("blanks", []) if key in texts]}
        case _:
            return {"text": response["text"]}


def _at(entry: LayoutEntry, offered: Literal["choices", "prompts", "matches"], place: int) -> int:
    """Return the id at a place; a negative place is no place."""
    ids = entry.get(offered, [])
    if not 0 <= place < len(ids):
        raise exceptions.ResponseMismatch(f"This question has no such place among its {offered}.")
    return ids[place]


def _entry(question: LayoutQuestion, random: Random) -> LayoutEntry:
    entry = trial_entry(question)
    entry["points"] = question.points
    if question.type == QuestionType.TRUE_FALSE:
        entry["choices"] = _true_before_false(question.answers)
    elif "choices" in entry:
        random.shuffle(entry["choices"])
    elif "prompts" in entry:
        entry["matches"] = _one_per_match_text(question.answers)
        random.shuffle(entry["prompts"])
        random.shuffle(entry["matches"])
    return entry


def _true_before_false(answers: Iterable[Answer]) -> list[int]:
    """Order by text, descending: independent of which one the author wrote first."""
    return [answer.id for answer in sorted(answers, key=lambda answer: answer.text.casefold(), reverse=True)]


def _one_per_match_text(answers: Iterable[Answer]) -> list[int]:
    first_by_text: dict[str, int] = {}
    for answer in answers:
        if answer.match_text.strip():
            first_by_text.setdefault(match_key(answer.match_text), answer.id)
    return list(first_by_text.values())
