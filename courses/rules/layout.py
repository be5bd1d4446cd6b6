"""The layout of an attempt: in which order this one learner sees questions, choices, prompts and matches.

A layout is made once, when the attempt starts, and stored. What clients see and send are places in it
(0, 1, 2, ...), never the ids of answers: neither the author's order nor a place in another attempt says
anything about what is right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from courses.rules.questions import kind_of
from courses.rules.values import Layout, LayoutEntry, Question


def make_layout(questions: Mapping[int, Question], *, randomize: bool, random: Random) -> Layout:
    """Lay out an attempt of questions, by their ids and in the author's order.

    They are shuffled when asked for; what each of them offers is ordered as its kind wants it.
    """
    ordered = list(questions.items())
    if randomize:
        random.shuffle(ordered)
    return {"questions": [_entry(pk, question, random) for pk, question in ordered]}


def trial_entry(question_id: int, question: Question) -> LayoutEntry:
    """Return an entry that offers every answer in the author's order, for authors who try a key out."""
    return {"id": question_id, **kind_of(question.type).offer(question)}


def as_laid_out(question: Question, entry: LayoutEntry | None) -> Question:
    """Return a question as an attempt offers it: the key as it is now, for what was laid out at the start.

    What an author adds later was never offered, so it earns nobody less: further choices and blanks are left
    out, and a further prompt is only a match. None, for a question that was not laid out, changes nothing.
    """
    if entry is None:
        return question
    return replace(
        question,
        answers=kind_of(question.type).offered(question.answers, entry),
        points=entry.get("points", question.points),
        asked_as=entry.get("selection"),
    )


def offered_by(entry: LayoutEntry | None) -> frozenset[object]:
    """Return what a question offers in an attempt, whatever the order: equal where equal responses earn the same."""
    offer: Iterable[tuple[str, object]] = (entry or {}).items()
    return frozenset(
        (member, frozenset(offered) if isinstance(offered, list) else offered)
        for member, offered in offer
        if member not in ("id", "points")
    )


def points_in(layout: Mapping[str, Any], questions: Mapping[int, int]) -> dict[int, int]:
    """Return what each question gives in an attempt; `questions` are the points of those it did not lay out."""
    return dict(questions) | {entry["id"]: entry["points"] for entry in layout.get("questions", ())}


def find_entry(layout: Mapping[str, Any], question_id: int) -> LayoutEntry | None:
    """Return what an attempt laid out for a question, None when the question is not part of it."""
    entries: Iterable[LayoutEntry] = layout.get("questions", ())
    return next((entry for entry in entries if entry["id"] == question_id), None)


def _entry(question_id: int, question: Question, random: Random) -> LayoutEntry:
    return {"id": question_id, "points": question.points, **kind_of(question.type).lay_out(question, random)}
