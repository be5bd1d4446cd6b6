"""Single choice, true/false and multiple response."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.constants import Correctness, QuestionType, ScoringPolicy, Selection
from courses.rules.grading import grade
from courses.rules.questions import selection_of
from courses.rules.values import Answer, Question
from tests.courses.rules.questions import choices, question, true_false

RIGHT_MINUS_WRONG = ScoringPolicy.RIGHT_MINUS_WRONG
ALL_OR_NOTHING = ScoringPolicy.ALL_OR_NOTHING
EVERY_DECISION = ScoringPolicy.EVERY_DECISION
WEIGHTED = ScoringPolicy.WEIGHTED

keys = st.text(alphabet="+-", min_size=2, max_size=8).filter(lambda key: key.count("+") >= 2)
policies = st.sampled_from(ScoringPolicy)
policies_by_key = st.sampled_from([RIGHT_MINUS_WRONG, ALL_OR_NOTHING, EVERY_DECISION])
"""Policies that know right from wrong only, and no credits."""


def credit(question: Question, picks: list[int]) -> Fraction | None:
    return grade(question, {"choices": picks}).credit


@pytest.mark.parametrize(
    ("question", "picks", "expected"),
    [
        pytest.param(choices("+--"), [0], "1", id="the right choice earns full credit"),
        pytest.param(choices("+--"), [1], "0", id="a wrong choice earns nothing"),
        pytest.param(
            choices("+--", credits=("1", "0.25")), [1], "0.25", id="a wrong choice may have a credit"
        ),
        pytest.param(choices("+--", credits=("0.8",)), [0], "0.8", id="a right choice may have less than 1"),
        pytest.param(choices("+-", credits=("1", "0")), [1], "0", id="a credit of 0 is a credit"),
        pytest.param(choices("+--"), [9], "0", id="a choice that is gone earns nothing"),
        pytest.param(choices("+--"), [0, 1], "0", id="two picks on what became a single choice"),
        pytest.param(choices("--"), [0], "0", id="nothing is right where no answer is"),
        pytest.param(true_false(), [1], "1", id="true is right"),
        pytest.param(true_false(), [2], "0", id="false is wrong"),
    ],
)
def test_single_choice_and_true_false_earn_the_credit_of_the_chosen_answer(question, picks, expected):
    assert credit(question, picks) == Decimal(expected)


@pytest.mark.parametrize(
    ("key", "picks", "expected"),
    [
        pytest.param("++--", [0, 1], "1", id="exactly the right picks"),
        pytest.param("++--", [0], "0.5", id="half of the right picks"),
        pytest.param("++--", [0, 1, 2], "0.5", id="a wrong pick takes a right one away"),
        pytest.param("++--", [0, 2], "0", id="one right and one wrong cancel out"),
        pytest.param("++--", [2, 3], "0", id="never below zero"),
        pytest.param("++--", [0, 1, 2, 3], "0", id="ticking everything"),
        pytest.param("+++-", [0, 1, 2, 3], "2/3", id="ticking everything with one wrong option"),
        pytest.param("+++-", [0], "1/3", id="a third"),
        pytest.param("++", [0, 1], "1", id="all options are right"),
        pytest.param("++--", [0, 1, 9], "0.5", id="a choice that is gone is a wrong pick"),
    ],
)
def test_right_minus_wrong_is_right_picks_minus_wrong_ones_over_the_right_answers(key, picks, expected):
    assert credit(choices(key), picks) == Fraction(expected)


@pytest.mark.parametrize(
    ("key", "picks", "expected"),
    [
        pytest.param("++--", [1, 0], "1", id="exactly the right picks"),
        pytest.param("++--", [0], "0", id="one is missing"),
        pytest.param("++--", [0, 1, 2], "0", id="one too many"),
        pytest.param("++--", [0, 1, 2, 3], "0", id="ticking everything"),
    ],
)
def test_all_or_nothing_gives_credit_for_exactly_the_right_picks(key, picks, expected):
    assert credit(choices(key, scoring=ALL_OR_NOTHING), picks) == Decimal(expected)


@pytest.mark.parametrize(
    ("key", "picks", "expected"),
    [
        pytest.param("++--", [0, 1], "1", id="exactly the right picks"),
        pytest.param("++--", [0], "0.75", id="three of four decisions"),
        pytest.param("++--", [0, 1, 2, 3], "0.5", id="ticking everything decides the right ones rightly"),
        pytest.param("++--", [2, 3], "0", id="every decision wrong"),
        pytest.param("++--", [2], "0.25", id="one wrong option left alone"),
        pytest.param("++-", [2], "0", id="only wrong decisions"),
    ],
)
def test_every_decision_gives_the_share_of_options_decided_rightly(key, picks, expected):
    assert credit(choices(key, scoring=EVERY_DECISION), picks) == Decimal(expected)


@pytest.mark.parametrize("policy", ScoringPolicy)
def test_picking_nothing_is_unanswered_and_earns_nothing_under_every_policy(policy):
    result = grade(choices("++---", scoring=policy), {"choices": []})

    assert (result.correctness, result.credit, result.points) == (Correctness.UNANSWERED, Decimal(0), 0)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param(choices("+--"), Selection.SINGLE, id="one correct answer"),
        pytest.param(choices("++-"), Selection.MULTIPLE, id="several correct answers"),
        pytest.param(true_false(), Selection.SINGLE, id="true or false"),
        pytest.param(question(QuestionType.ESSAY), None, id="nothing to pick"),
    ],
)
def test_one_correct_answer_makes_a_single_choice_and_several_make_a_multiple_one(question, expected):
    assert selection_of(question) == expected


def test_the_steps_name_the_rule_every_decision_and_the_credit():
    assert grade(choices("++-", points=3), {"choices": [0, 2]}).steps == (
        "Several choices: right picks minus wrong picks, divided by the right answers.",
        "“answer 0”: rightly picked.",
        "“answer 1”: wrongly left alone.",
        "“answer 2”: wrongly picked.",
        "1 of 2 right answers and 1 wrong ones picked: credit 0.",
        "3 possible x credit 0: 0 points.",
    )


def test_the_steps_of_a_single_choice_name_the_pick_and_its_credit():
    assert grade(choices("+-", points=2, credits=("1", "0.25")), {"choices": [1]}).steps == (
        "One choice: the credit of the picked answer counts.",
        "Picked: “answer 1” (credit 0.25).",
        "2 possible x credit 0.25: 0.5 points, rounded half up to 1.",
    )


@settings(deadline=None, print_blob=True)
@given(key=keys, policy=policies, picks=st.lists(st.integers(0, 9), unique=True), data=st.data())
def test_the_order_of_picks_never_matters(key, policy, picks, data):
    asked = choices(key, scoring=policy)
    shuffled = data.draw(st.permutations(picks))

    assert grade(asked, {"choices": picks}) == grade(asked, {"choices": shuffled})


@settings(deadline=None, print_blob=True)
@given(key=keys, policy=policies, picks=st.sets(st.integers(0, 9)))
def test_credit_is_always_between_nothing_and_everything(key, policy, picks):
    result = grade(choices(key, scoring=policy, points=7), {"choices": sorted(picks)})

    assert result.credit is not None
    assert 0 <= result.credit <= 1
    assert result.points in range(8)


@settings(deadline=None, print_blob=True)
@given(key=keys.filter(lambda key: "-" in key))
def test_ticking_everything_never_earns_full_credit_under_the_default(key):
    result = grade(choices(key), {"choices": list(range(len(key)))})

    assert result.credit is not None
    assert result.credit < 1


@settings(deadline=None, print_blob=True)
@given(key=keys, policy=policies, picks=st.sets(st.integers(0, 7)), data=st.data())
def test_adding_a_right_pick_never_lowers_the_credit(key, policy, picks, data):
    right = data.draw(st.sampled_from([number for number, sign in enumerate(key) if sign == "+"]))
    asked = choices(key, scoring=policy)

    before, after = credit(asked, sorted(picks)), credit(asked, sorted(picks | {right}))

    assert before is not None
    assert after is not None
    assert after >= before


@settings(deadline=None, print_blob=True)
@given(key=keys, policy=policies_by_key, picks=st.sets(st.integers(0, 7)))
def test_only_exactly_the_right_picks_earn_full_credit(key, policy, picks):
    offered = {pick for pick in picks if pick < len(key)}
    right = {number for number, sign in enumerate(key) if sign == "+"}

    full = grade(choices(key, scoring=policy), {"choices": sorted(offered)}).correctness

    assert (full == Correctness.CORRECT) == (offered == right)


def test_an_answers_credit_does_not_change_which_picks_of_several_are_right():
    answers = (Answer(1, "a", True, credit=Decimal("0.1")), Answer(2, "b", True), Answer(3, "c"))

    assert credit(question(QuestionType.MULTIPLE_CHOICE, *answers), [1, 2]) == Decimal(1)


@pytest.mark.parametrize(
    ("key", "credits", "picks", "expected"),
    [
        pytest.param("++-", ("0.75", "0.25", "-0.5"), [0, 1], "1", id="everything right"),
        pytest.param("++-", ("0.75", "0.25", "-0.5"), [0], "0.75", id="the heavier half"),
        pytest.param(
            "++-", ("0.75", "0.25", "-0.5"), [0, 2], "0.25", id="a wrong pick takes its credit away"
        ),
        pytest.param("++-", ("0.75", "0.25", "-0.5"), [1, 2], "0", id="never below nothing"),
        pytest.param("++-", ("0.75", "0.25", "-1"), [0, 1, 2], "0", id="ticking everything"),
        pytest.param("+++", ("0.5", "0.5", "0.5"), [0, 1, 2], "1", id="never above everything"),
        pytest.param(
            "++-", ("0.3333", "0.3333", "0.3333"), [0, 1, 2], "0.9999", id="a wrong choice may earn"
        ),
        pytest.param("++-", ("0.5", "0.5", "0"), [0, 1, 2], "1", id="a wrong choice that costs nothing"),
        pytest.param("++-", ("0.5", "0.5"), [0, 9], "0.5", id="a choice that is gone counts nothing"),
        pytest.param("++-", (), [0], "1", id="a right choice without a credit earns everything"),
    ],
)
def test_weighted_picks_add_up_their_credits(key, credits, picks, expected):
    assert credit(choices(key, scoring=WEIGHTED, credits=credits), picks) == Fraction(expected)


def test_a_single_pick_never_earns_less_than_nothing():
    asked = choices("+-", scoring=WEIGHTED, credits=("1", "-0.5"))

    assert (credit(asked, [1]), credit(asked, [0])) == (0, 1)


def test_the_steps_of_weighted_picks_name_the_credit_of_each():
    asked = choices("++-", points=3, scoring=WEIGHTED, credits=("0.75", "0.25", "-0.25"))

    assert grade(asked, {"choices": [0, 2]}).steps == (
        "Several choices: the credits of the picks added up, at least 0 and at most 1.",
        "“answer 0”: rightly picked (credit 0.75).",
        "“answer 1”: wrongly left alone.",
        "“answer 2”: wrongly picked (credit -0.25).",
        "1 of 2 right answers and 1 wrong ones picked: credit 0.5.",
        "3 possible x credit 0.5: 1.5 points, rounded half up to 2.",
    )


@settings(deadline=None, print_blob=True)
@given(
    credits=st.lists(st.decimals(-1, 1, places=4), min_size=2, max_size=8),
    picks=st.sets(st.integers(0, 7)),
    points=st.integers(1, 1000),
)
def test_weighted_picks_earn_their_sum_within_nothing_and_everything(credits, picks, points):
    key = "++" + "".join("+" if each > 0 else "-" for each in credits[2:])
    asked = choices(key, points=points, scoring=WEIGHTED, credits=tuple(map(str, credits)))
    added = sum((Fraction(each) for place, each in enumerate(credits) if place in picks), Fraction(0))

    result = grade(asked, {"choices": sorted(picks)})

    assert result.exact_points == points * min(max(added, 0), 1)
