"""Layout of an attempt: the order in which its learner sees questions, choices, prompts and matches.

A layout is made once, when the attempt starts, and stored. Clients see and send places in it (0, 1, 2, ...),
never the ids of answers: neither the author's order nor a place in another attempt says anything about the key.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from courses.rules.questions import kind_of
from courses.rules.values import Answer, Layout, LayoutEntry, Question
from courses.rules.versions import Version

RECEIPT_FORMAT = 2
"""Format of the receipts of attempts that start now: they prove what was asked, too."""

_PARTS = ("choices", "prompts", "matches", "blanks")


def make_layout(versions: Collection[Version], *, randomize: bool, random: Random) -> Layout:
    """Lay out an attempt of versions of questions, given in the author's order.

    They are shuffled if `randomize`; the choices, prompts and matches of each are ordered by its kind.
    """
    ordered = list(versions)
    if randomize:
        random.shuffle(ordered)
    return {"receipt": RECEIPT_FORMAT, "questions": [_entry(version, random) for version in ordered]}


def trial_entry(question_id: int, question: Question) -> LayoutEntry:
    """Return an entry that offers every answer in the author's order, for authors who try a key out."""
    return {"id": question_id, **kind_of(question.type).offer(question)}


def as_laid_out(
    question: Question, entry: LayoutEntry | None, asked: Mapping[int, Answer] | None = None
) -> Question:
    """Return a question as an attempt offers it: its key, restricted to the layout; sentences about it name the
    answers that were `asked`, given by their ids.

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
        asked=asked,
    )


def still_offers(question: Question, asked: Question, entry: LayoutEntry | None) -> bool:
    """Return whether a question has all parts of what was `asked` and laid out: choices, prompts, matches and blanks.

    Parts are the same by their ids, blanks by their keys; their texts may differ.
    """
    if question.type != asked.type:
        return False
    parts: Mapping[str, Any] = entry or {}
    offer: Mapping[str, Any] = kind_of(question.type).offer(question)
    return all(set(parts.get(part, ())) <= set(offer.get(part, ())) for part in _PARTS)


def part_ids(entry: LayoutEntry) -> set[tuple[str, int]]:
    """Return the choices, prompts and matches of an entry: member and id of each."""
    parts: Mapping[str, Any] = entry
    return {(part, pk) for part in ("choices", "prompts", "matches") for pk in parts.get(part, ())}


def offered_by(entry: LayoutEntry | None) -> frozenset[object]:
    """Return the offer of a question in no order: by equal offers, equal responses earn equal credit."""
    offer: Iterable[tuple[str, object]] = (entry or {}).items()
    return frozenset(
        (member, frozenset(offered) if isinstance(offered, list) else offered)
        for member, offered in offer
        if member not in ("id", "version", "points")
    )


def points_in(layout: Mapping[str, Any], questions: Mapping[int, int]) -> dict[int, int]:
    """Return the points of each question in an attempt; `questions` are the points of those it did not lay out."""
    return dict(questions) | {entry["id"]: entry["points"] for entry in layout.get("questions", ())}


def receipt_format(layout: Mapping[str, Any]) -> int:
    """Return the format of an attempt's receipt; the first one for attempts that began before there was another."""
    number: int = layout.get("receipt", 1)
    return number


def entries_of(layout: Mapping[str, Any]) -> dict[int, LayoutEntry]:
    """Return the entries of a layout, by the ids of their questions."""
    return {entry["id"]: entry for entry in layout.get("questions", ())}


def find_entry(layout: Mapping[str, Any], question_id: int) -> LayoutEntry | None:
    """Return the entry of a question, None when the question is not part of the attempt."""
    return entries_of(layout).get(question_id)


def _entry(version: Version, random: Random) -> LayoutEntry:
    assert version.id is not None, "attempts name what is stored"
    question = version.question
    offer = kind_of(question.type).lay_out(question, random)
    return {"id": version.question_id, "version": version.id, "points": question.points, **offer}
