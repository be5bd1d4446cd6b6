"""Fill in the blank: every key weighs the same, and each is compared like a short answer."""

from collections.abc import Sequence
from decimal import Decimal

from courses.constants import NO_CREDIT
from courses.rules.grading.short_answer import explain_match
from courses.rules.grading.types import Answer, Question, Response, Verdict


def blank_keys(answers: Sequence[Answer]) -> list[str]:
    """Return the keys to fill, each once, in the order in which the author first named them.

    A question with a single blank need not name it: its key is then empty.
    """
    return list(dict.fromkeys(answer.blank_key for answer in answers))


def grade(question: Question, response: Response) -> Verdict:
    """Average, over all keys, the credit of the best accepted text that matches."""
    keys = blank_keys(question.answers)
    steps = ["Fill in the blank: every blank weighs the same."]
    total = NO_CREDIT
    for key in keys:
        accepted = [answer for answer in question.answers if answer.blank_key == key]
        credit, explanation = explain_match(response["blanks"].get(key, ""), accepted)
        total += credit
        steps.append(f"Blank “{key}”: {explanation}" if key else f"The blank: {explanation}")
    return Verdict(total / Decimal(len(keys)) if keys else NO_CREDIT, tuple(steps))
