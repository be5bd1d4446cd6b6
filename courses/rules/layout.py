"""Layout of an attempt: the order in which its learner sees questions, choices, prompts and matches.

A layout is made once, when the attempt starts, and stored. Clients see and send places in it (0, 1, 2, ...),
never the ids of answers: neither the author's order nor a place in another attempt says anything about the key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from courses.rules.questions import kind_of
from courses.rules.values import Layout, LayoutEntry, Question


def make_layout(questions: Mapping[int, Question], *, randomize: bool, random: Random) -> Layout:
    """Lay out an attempt of questions, given by id in the author's order.

    They are shuffled if `randomize`; the choices, prompts and matches of each are ordered by its kind.
    """
    ordered = list(questions.items())
    if randomize:
        random.shuffle(ordered)
    return {"questions": [_entry(pk, question, random) for pk, question in ordered]}


def trial_entry(question_id: int, question: Question) -> LayoutEntry:
    """Return an entry that offers every answer in the author's order, for authors who try a key out."""
    return {"id": question_id, **kind_of(question.type).offer(question)}


def as_laid_out(question: Question, entry: LayoutEntry | None) -> Question:
    """Return a question as an attempt offers it: the current key, restricted to the layout.

    Answers added after the start were never offered, so they cost nobody credit: further choices and blanks are left
    out, and a further prompt is only a match. An `entry` of None, for a question that was not laid out, changes
    nothing.
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
    """Return the offer of a question in no order: by equal offers, equal responses earn equal credit."""
    offer: Iterable[tuple[str, object]] = (entry or {}).items()
    return frozenset(
        (member, frozenset(offered) if isinstance(offered, list) else offered)
        for member, offered in offer
        if member not in ("id", "points")
    )


def points_in(layout: Mapping[str, Any], questions: Mapping[int, int]) -> dict[int, int]:
    """Return the points of each question in an attempt; `questions` are the points of those it did not lay out."""
    return dict(questions) | {entry["id"]: entry["points"] for entry in layout.get("questions", ())}


def find_entry(layout: Mapping[str, Any], question_id: int) -> LayoutEntry | None:
    """Return the entry of a question, None when the question is not part of the attempt."""
    entries: Iterable[LayoutEntry] = layout.get("questions", ())
    return next((entry for entry in entries if entry["id"] == question_id), None)


def _entry(question_id: int, question: Question, random: Random) -> LayoutEntry:
    return {"id": question_id, "points": question.points, **kind_of(question.type).lay_out(question, random)}
