"""Which responses fit a question: shapes, ids and lengths. Whether a response is right is grading's matter.

No sentence here depends on the key, so a refusal tells nothing about what is right.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from courses.constants import MAX_RESPONSE_TEXT_LENGTH, QuestionType, Selection
from courses.exceptions import ResponseMismatch
from courses.rules.grading.types import RESPONSE_MEMBERS, Given, Response
from courses.rules.layout import LayoutEntry


class Asked(Protocol):
    """What a response has to fit. No key is needed for that."""

    @property
    def type(self) -> QuestionType: ...

    @property
    def selection(self) -> Selection | None: ...


def check_response(
    question: Asked, entry: LayoutEntry, given: Given | None, *, field: Sequence[str] = ()
) -> Response | None:
    """Return a given response as it is stored, or None when it clears the answer.

    `entry` is what the attempt laid out for the question and `field` the path of the response inside the
    input. A blank response is kept as it is. Raises exceptions.ResponseMismatch, naming the member at fault,
    for a shape that does not fit the question's type, anything the layout does not offer, repetitions, two
    picks on a single choice and texts that are too long.
    """
    if given is None:
        return None
    member = RESPONSE_MEMBERS[QuestionType(question.type)]
    try:
        if set(given) != {member}:
            raise ResponseMismatch(f"Please answer this question with `{member}` and nothing else.")
        return {member: _canonical(member, question, entry, given[member])}
    except ResponseMismatch as refusal:
        raise ResponseMismatch(refusal.message, field=(*field, member)) from None


def _canonical(member: str, question: Asked, entry: LayoutEntry, value: Any) -> Any:
    """Return the checked value of the one member that a response has."""
    match member:
        case "choices":
            return _choices(question, entry, value)
        case "matches":
            return _matches(entry, value)
        case "blanks":
            return _blanks(entry, value)
        case _:
            return _text(value)


def _choices(question: Asked, entry: LayoutEntry, value: Any) -> list[int]:
    picked = _list(value)
    if any(choice not in entry.get("choices", []) for choice in picked):
        raise ResponseMismatch("Please pick among the choices of this question.")
    if len(set(picked)) < len(picked):
        raise ResponseMismatch("Please pick each choice at most once.")
    if question.selection == Selection.SINGLE and len(picked) > 1:
        raise ResponseMismatch("Please pick one choice only.")
    return sorted(picked)


def _matches(entry: LayoutEntry, value: Any) -> dict[str, int]:
    pairs = _pairs(value)
    prompts = [prompt for prompt, _ in pairs]
    if any(prompt not in entry.get("prompts", []) for prompt in prompts):
        raise ResponseMismatch("Please pair the prompts of this question only.")
    if any(match not in entry.get("matches", []) for _, match in pairs):
        raise ResponseMismatch("Please pair with the matches of this question only.")
    if len(set(prompts)) < len(prompts):
        raise ResponseMismatch("Please pair each prompt at most once.")
    return {str(prompt): match for prompt, match in pairs}


def _blanks(entry: LayoutEntry, value: Any) -> dict[str, str]:
    pairs = _pairs(value)
    keys = [key for key, _ in pairs]
    if any(key not in entry.get("blanks", []) for key in keys):
        raise ResponseMismatch("Please fill the blanks of this question only.")
    if len(set(keys)) < len(keys):
        raise ResponseMismatch("Please fill each blank at most once.")
    return {key: _text(text) for key, text in pairs}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ResponseMismatch("Please answer with a text.")
    if len(value) > MAX_RESPONSE_TEXT_LENGTH:
        raise ResponseMismatch(
            f"Please shorten this text to {MAX_RESPONSE_TEXT_LENGTH:,} characters; it has {len(value):,}."
        )
    return value


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    pairs = _list(value)
    if any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in pairs):
        raise ResponseMismatch("Please answer with a list of pairs.")
    return [(first, second) for first, second in pairs]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ResponseMismatch("Please answer with a list.")
    return list(value)
