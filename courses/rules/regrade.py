"""Effect of a corrected key on existing results."""

from dataclasses import dataclass
from fractions import Fraction

from courses.constants import RegradePolicy
from courses.rules.grading import grade
from courses.rules.questions import kind_of
from courses.rules.values import Question, Response


@dataclass(frozen=True, slots=True)
class Regraded:
    """Credit of a response after a regrade; `by_key` where it is what the new key gives, and no grade of before."""

    credit: Fraction | None
    by_key: bool


def regraded(
    policy: RegradePolicy,
    question: Question,
    response: Response | None,
    *,
    old: Fraction | None,
    graded_by_person: bool,
) -> Regraded:
    """Return the credit (0..1) of a response after a regrade with the key of `question`.

    `old` is the credit before, None while it waits for a person. NEVER_LOWER keeps the better of both, EXACT
    takes the new one and FULL_CREDIT gives everyone 1. A grade that a person gave survives all of them, and
    an essay has no key that could be corrected.
    """
    if graded_by_person or not kind_of(question.type).has_key:
        return Regraded(old, by_key=False)
    if policy == RegradePolicy.FULL_CREDIT:
        return Regraded(Fraction(1), by_key=True)
    new = grade(question, response).credit
    if policy == RegradePolicy.EXACT or old is None or new is None or new >= old:
        return Regraded(new, by_key=True)
    return Regraded(old, by_key=False)


def pass_flips(*, was_passed: bool | None, is_passed: bool | None) -> bool:
    """Return whether a pass became a fail or a fail a pass; an undecided one does not flip."""
    return was_passed is not None and is_passed is not None and was_passed != is_passed
