"""What happens to a result that a learner already has when the key is corrected."""

from decimal import Decimal

from courses.constants import FULL_CREDIT, RegradePolicy
from courses.rules.grading import grade
from courses.rules.questions import kind_of
from courses.rules.values import Question, Response


def regraded_credit(
    policy: RegradePolicy,
    question: Question,
    response: Response | None,
    *,
    old: Decimal | None,
    graded_by_person: bool,
) -> Decimal | None:
    """Return the credit (0..1) that a response has after a regrade with the question's key as it is now.

    `old` is the credit it has, None while it waits for a person. NEVER_LOWER keeps the better of both, EXACT
    takes the new one and FULL_CREDIT gives everyone 1. A grade that a person gave survives all of them, and
    an essay has no key that could be corrected.
    """
    if graded_by_person or not kind_of(question.type).has_key:
        return old
    if policy == RegradePolicy.FULL_CREDIT:
        return FULL_CREDIT
    new = grade(question, response).credit
    if policy == RegradePolicy.EXACT or old is None or new is None:
        return new
    return max(old, new)


def pass_flips(*, was_passed: bool | None, is_passed: bool | None) -> bool:
    """Whether a pass became a fail or a fail a pass; what is undecided does not flip."""
    return was_passed is not None and is_passed is not None and was_passed != is_passed
