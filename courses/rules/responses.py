"""Validation of responses against their question, and their stored form. Correctness is a matter of grading.

No sentence here depends on the key, so a refusal reveals nothing about it.
"""

from collections.abc import Sequence

from courses.exceptions import ResponseMismatch
from courses.rules.questions import SpecifiedColumns, kind_of
from courses.rules.values import Given, LayoutEntry, Response


def check_response(
    question_type: str, entry: LayoutEntry, given: Given | None, *, field: Sequence[str] = ()
) -> Response | None:
    """Return a given response, which names ids of answers, as it is stored; None when it clears the response.

    `entry` is the question's entry in the layout and `field` the path of the response inside the input. A blank
    response is kept as it is. Raises exceptions.ResponseMismatch, naming the member at fault, for a response that
    does not fit the question.
    """
    if given is None:
        return None
    kind = kind_of(question_type)
    try:
        if set(given) != {kind.member}:
            raise ResponseMismatch(f"Please answer this question with `{kind.member}` and nothing else.")
        return {kind.member.value: kind.check(entry, given[kind.member])}
    except ResponseMismatch as refusal:
        raise ResponseMismatch(refusal.message, field=(*field, kind.member)) from None


def check_response_in_places(
    question_type: str, entry: LayoutEntry, given: Given | None, *, field: Sequence[str] = ()
) -> Response | None:
    """Check a response like `check_response`, but one that names places of the layout, as learners give it."""
    kind = kind_of(question_type)
    if given is None or kind.member not in given:
        return check_response(question_type, entry, given, field=field)
    try:
        by_ids = {**given, kind.member: kind.from_places(entry, given[kind.member])}
    except ResponseMismatch as refusal:
        raise ResponseMismatch(refusal.message, field=(*field, kind.member)) from None
    return check_response(question_type, entry, by_ids, field=field)


def specified_columns(question_type: str, response: Response | None) -> SpecifiedColumns:
    """Project a stored response to the specified columns for one pick and for text."""
    kind = kind_of(question_type)
    if response is None or kind.member not in response:
        return SpecifiedColumns()
    return kind.columns(response[kind.member])
