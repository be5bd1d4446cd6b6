"""What a regrade does to results that learners already have."""

from fractions import Fraction

import pytest

from courses.constants import RegradePolicy
from courses.rules.regrade import Regraded, pass_flips, regraded
from tests.courses.rules.questions import choices, essay

NEVER_LOWER, EXACT, FULL_CREDIT = RegradePolicy.NEVER_LOWER, RegradePolicy.EXACT, RegradePolicy.FULL_CREDIT


@pytest.mark.parametrize(
    ("policy", "old", "picks", "expected", "by_key"),
    [
        pytest.param(NEVER_LOWER, "1", [1], "1", False, id="never lower keeps what was better"),
        pytest.param(NEVER_LOWER, "0", [0], "1", True, id="never lower raises"),
        pytest.param(
            NEVER_LOWER, "1", [0], "1", True, id="never lower takes the new key for the same credit"
        ),
        pytest.param(NEVER_LOWER, None, [0], "1", True, id="never lower grades what was not graded"),
        pytest.param(EXACT, "1", [1], "0", True, id="exact lowers"),
        pytest.param(EXACT, "0", [0], "1", True, id="exact raises"),
        pytest.param(EXACT, "1", [], "0", True, id="exact takes away what nothing had earned"),
        pytest.param(FULL_CREDIT, "0", [1], "1", True, id="full credit for a wrong pick"),
        pytest.param(FULL_CREDIT, "0", [], "1", True, id="full credit for everyone, answered or not"),
    ],
)
def test_a_regrade_gives_what_its_policy_says(policy, old, picks, expected, by_key):
    old_credit = None if old is None else Fraction(old)

    new = regraded(policy, choices("+-"), {"choices": picks}, old=old_credit, graded_by_person=False)

    assert new == Regraded(Fraction(expected), by_key)


@pytest.mark.parametrize("policy", RegradePolicy)
def test_a_grade_that_a_person_gave_survives_every_regrade(policy):
    old = Fraction("0.25")

    new = regraded(policy, choices("+-"), {"choices": [0]}, old=old, graded_by_person=True)

    assert new == Regraded(old, by_key=False)


@pytest.mark.parametrize("policy", RegradePolicy)
@pytest.mark.parametrize("old", [None, Fraction(0)], ids=["waiting", "unanswered"])
def test_an_essay_has_no_key_to_be_regraded_by(policy, old):
    new = regraded(policy, essay(), {"text": "x"}, old=old, graded_by_person=False)

    assert new == Regraded(old, by_key=False)


@pytest.mark.parametrize(
    ("was_passed", "is_passed", "expected"),
    [
        (False, True, True),
        (True, False, True),
        (True, True, False),
        (False, False, False),
        (None, True, False),
        (False, None, False),
    ],
)
def test_the_pass_mark_flips_between_pass_and_fail_only(was_passed, is_passed, expected):
    assert pass_flips(was_passed=was_passed, is_passed=is_passed) is expected
