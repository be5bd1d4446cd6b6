"""Effect of a corrected key on existing results."""

from fractions import Fraction

from courses.constants import RegradePolicy
from courses.rules.grading import grade
from courses.rules.questions import kind_of
from courses.rules.values import Question, Response


def regraded_credit(
    policy: RegradePolicy,
    question: Question,
    response: Response | None,
    *,
    old: Fraction | None,
    graded_by_person: bool,
) -> Fraction | None:
    """Return the credit (0..1) of a response after a regrade with the question's current key.

    `old` is the credit before, None while it waits for a person. NEVER_LOWER keeps the better of both, EXACT
    takes the new one and FULL_CREDIT gives everyone 1. A grade that a person gave survives all of them, and
    an essay has no key that could be corrected.
    """
    if graded_by_person or not kind_of(question.type).has_key:
        return old
    if policy == RegradePolicy.FULL_CREDIT:
        return Fraction(1)
    new = grade(question, response).credit
    if policy == RegradePolicy.EXACT or old is None or new is None:
        return new
    return max(old, new)


def pass_flips(*, was_passed: bool | None, is_passed: bool | None) -> bool:
    """Return whether a pass became a fail or a fail a pass; an undecided one does not flip."""
    return was_passed is not None and is_passed is not None and was_passed != is_passed
