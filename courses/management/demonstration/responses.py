"""Responses of simulated learners: right ones from the key, wrong ones from what is offered."""

from random import Random
from typing import Any, assert_never

from courses.rules.questions import kind_of
from courses.rules.values import Given, LayoutEntry, Question, ResponseMember, Solution

ESSAYS = (
    "I tried it at home first. What surprised me was how much changed when I altered a single thing and left "
    "everything else as it was, which is also the point of the lesson.",
    "In my view the most important step is the first one, because every later step can only keep or lose what "
    "was there at the beginning.",
    "There are two sides to this. The rule of thumb is easy to remember, but it hides the assumption behind it, "
    "and when the assumption fails the rule fails with it.",
)
GUESSES = ("I am not sure", "none of these", "42", "the second one")


def plausible_response(
    question: Question, entry: LayoutEntry, *, skill: float, random: Random
) -> Given | None:
    """Return the response, in places of the layout, of a learner who knows each thing with the probability `skill`.

    None is a blank response.
    """
    knows = random.random() < skill
    if not knows and random.random() < 0.1:
        return None
    kind = kind_of(question.type)
    chance = 1.0 if knows else skill
    value = _value(kind.member, kind.solution_in(question, entry), entry, knows, chance, random)
    return {kind.member: value}


def _value(
    member: ResponseMember,
    right: Solution,
    entry: LayoutEntry,
    knows: bool,
    chance: float,
    random: Random,
) -> Any:
    """Return the value of the one member: right as a whole, or each part of it with that chance."""
    match member:
        case ResponseMember.CHOICES:
            picks = right.choices or ()
            return picks if knows else random.sample(range(len(entry["choices"])), k=len(picks))
        case ResponseMember.TEXT:
            return _text(right.texts, knows, random)
        case ResponseMember.MATCHES:
            matches = range(len(entry["matches"]))
            pairs = (right.matches or {}).items()
            return [
                (prompt, match if random.random() < chance else random.choice(matches))
                for prompt, match in pairs
            ]
        case ResponseMember.BLANKS:
            texts = (right.blanks or {}).items()
            return [
                (key, text if random.random() < chance else random.choice(GUESSES)) for key, text in texts
            ]
        case never:
            assert_never(never)


def _text(accepted: tuple[str, ...] | None, knows: bool, random: Random) -> str:
    """Return an essay where no texts are accepted, else the best accepted text without wildcards, or a guess."""
    if accepted is None:
        return random.choice(ESSAYS)
    return accepted[0].replace("*", "") if knows else random.choice(GUESSES)
