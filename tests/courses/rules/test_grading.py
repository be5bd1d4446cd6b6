"""What holds for every type, matching and essays, points, names of results, and grades by people."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses import exceptions
from courses.constants import Correctness, QuestionType, TextMatch
from courses.rules.credit import correctness_of, exact_points, kept_credit, kept_points, whole_points
from courses.rules.grading import grade, grade_by_person, is_unanswered
from courses.rules.questions import selection_of
from courses.rules.values import Question
from tests.courses.rules.questions import accepted, blanks, choices, essay, matching, short_answer, true_false

CAPITALS = matching(("France", "Paris"), ("Italy", "Rome"), ("Spain", "Madrid"), ("", "Oslo"))
SHARED = matching(("Bat", "mammal"), ("Whale", " mammal "), ("Eagle", "bird"))
EVERY_TYPE = [
    choices("+-"),
    true_false(),
    short_answer(accepted("x")),
    essay(),
    CAPITALS,
    blanks(accepted("x", key="a")),
]


@pytest.mark.parametrize(
    ("asked", "pairs", "expected"),
    [
        pytest.param(CAPITALS, {"0": 0, "1": 1, "2": 2}, "1", id="every pair right"),
        pytest.param(CAPITALS, {"0": 0, "1": 1}, "2/3", id="a missing pair is wrong"),
        pytest.param(CAPITALS, {"0": 1, "1": 0, "2": 2}, "1/3", id="two swapped"),
        pytest.param(CAPITALS, {"0": 3, "1": 3, "2": 3}, "0", id="the distractor is never right"),
        pytest.param(CAPITALS, {"0": 9}, "0", id="a match that is gone"),
        pytest.param(CAPITALS, {"0": 0, "3": 3}, "1/3", id="a distractor is no prompt"),
        pytest.param(SHARED, {"0": 1, "1": 0, "2": 2}, "1", id="a match text that occurs twice is the same"),
        pytest.param(SHARED, {"0": 0, "1": 0, "2": 2}, "1", id="one match for two prompts"),
    ],
)
def test_matching_gives_the_share_of_prompts_paired_rightly(asked, pairs, expected):
    assert grade(asked, {"matches": pairs}).credit == Fraction(expected)


def test_match_texts_that_differ_in_case_are_different_matches():
    asked = matching(("dominant", "A"), ("recessive", "a"))

    assert grade(asked, {"matches": {"0": 1, "1": 1}}).credit == Decimal("0.5")


def test_the_steps_of_a_matching_name_every_pair():
    assert grade(matching(("France", "Paris"), ("Italy", "Rome")), {"matches": {"0": 1}}).steps == (
        "Matching: the share of prompts with their right match; a missing pair is wrong.",
        "“France” paired with “Rome”: wrong.",
        "“Italy” not paired: wrong.",
        "0 of 2 pairs are right: credit 0.",
        "1 possible x credit 0: 0 points.",
    )


def test_an_essay_waits_for_a_person():
    result = grade(essay(points=5), {"text": "Because."})

    assert (result.correctness, result.credit, result.points) == (Correctness.PENDING, None, None)
    assert result.is_correct is None


@pytest.mark.parametrize(
    "response",
    [None, {}, {"text": ""}, {"text": " \n\u00a0"}],
    ids=["nothing", "no member", "empty", "blank"],
)
def test_an_empty_essay_is_unanswered_with_nothing_and_waits_for_nobody(response):
    result = grade(essay(points=5), response)

    assert (result.correctness, result.credit, result.points) == (Correctness.UNANSWERED, Decimal(0), 0)
    assert result.is_correct is False


@pytest.mark.parametrize("asked", EVERY_TYPE, ids=lambda asked: asked.type.value)
def test_no_response_is_unanswered_for_every_type(asked):
    result = grade(asked, None)

    assert (result.correctness, result.credit, result.points) == (Correctness.UNANSWERED, Decimal(0), 0)


@pytest.mark.parametrize(
    ("type", "response", "expected"),
    [
        pytest.param(QuestionType.MULTIPLE_CHOICE, {"choices": []}, True, id="no pick"),
        pytest.param(QuestionType.MULTIPLE_CHOICE, {"choices": [0]}, False, id="a pick"),
        pytest.param(QuestionType.TRUE_FALSE, {"choices": []}, True, id="neither true nor false"),
        pytest.param(QuestionType.SHORT_ANSWER, {"text": "\t"}, True, id="white space"),
        pytest.param(QuestionType.SHORT_ANSWER, {"text": "0"}, False, id="zero is an answer"),
        pytest.param(QuestionType.MATCHING, {"matches": {}}, True, id="no pair"),
        pytest.param(QuestionType.MATCHING, {"matches": {"1": 2}}, False, id="a pair"),
        pytest.param(QuestionType.FILL_BLANK, {"blanks": {"a": "", "b": " "}}, True, id="only blank texts"),
        pytest.param(QuestionType.FILL_BLANK, {"blanks": {"a": "", "b": "0"}}, False, id="one blank filled"),
        pytest.param(QuestionType.MATCHING, {"text": "x"}, True, id="an answer to another type of question"),
    ],
)
def test_a_response_without_any_content_is_unanswered(type, response, expected):
    assert is_unanswered(type, response) is expected


def test_the_database_values_of_the_choices_grade_like_their_members():
    asked = Question("multiple_choice", "all_or_nothing", 1, choices("++-").answers)  # type: ignore[arg-type]
    written = accepted("A", how="wildcard")  # type: ignore[arg-type]

    assert grade(asked, {"choices": [0]}).credit == 0
    assert selection_of(asked) == "multiple"
    assert grade(short_answer(written), {"text": "a"}).is_correct is True


@pytest.mark.parametrize(
    ("points", "credit", "expected"),
    [
        pytest.param(999_999, "0.8333333333", 833_333, id="five sixths of an odd number are a half more"),
        pytest.param(1, "0.5", 1, id="a half goes up"),
        pytest.param(3, "0.5", 2, id="one and a half goes up"),
        pytest.param(5, "0.5", 3, id="two and a half goes up, not to the even number"),
        pytest.param(1, "0.4999", 0, id="less than a half goes down"),
        pytest.param(3, "0.8333333333", 3, id="five sixths of three are two and a half"),
        pytest.param(9, "0.1666666667", 2, id="a sixth of nine is one and a half"),
        pytest.param(3, "0.3333333333", 1, id="a third of three is one"),
        pytest.param(10, "1", 10, id="full credit"),
        pytest.param(10, "0", 0, id="no credit"),
    ],
)
def test_points_are_points_times_credit_rounded_half_up(points, credit, expected):
    assert whole_points(Fraction(exact_points(points, Decimal(credit)))) == expected


@settings(deadline=None, print_blob=True)
@given(parts=st.integers(1, 60), data=st.data(), points=st.integers(1, 1000))
def test_a_kept_credit_earns_the_same_points_as_the_exact_fraction(parts, data, points):
    right = data.draw(st.integers(0, parts))
    asked = matching(*((f"prompt {n}", f"match {n}") for n in range(parts)), points=points)

    result = grade(asked, {"matches": {str(n): n for n in range(right)}})

    assert result.points == (2 * points * right + parts) // (2 * parts)
    assert result.credit is not None
    assert result.exact_points == Fraction(points * right, parts)
    assert exact_points(points, kept_credit(result.credit)) == kept_points(result.exact_points)


@pytest.mark.parametrize(
    ("credit", "unanswered", "expected"),
    [
        pytest.param("0", False, Correctness.INCORRECT, id="no credit is incorrect"),
        pytest.param("0", True, Correctness.UNANSWERED, id="nothing answered"),
        pytest.param("0.0000000001", False, Correctness.PARTIAL, id="anything between is partial"),
        pytest.param("0.9999999999", False, Correctness.PARTIAL, id="almost everything is partial"),
        pytest.param("1", False, Correctness.CORRECT, id="full credit is correct"),
        pytest.param("1", True, Correctness.CORRECT, id="full credit that a regrade gave for nothing"),
        pytest.param(None, False, Correctness.PENDING, id="waits for a person"),
    ],
)
def test_credit_names_the_correctness(credit, unanswered, expected):
    assert correctness_of(None if credit is None else Decimal(credit), unanswered=unanswered) == expected


@pytest.mark.parametrize(("picks", "expected"), [([0, 1], True), ([0], False), ([2], False)])
def test_is_correct_is_true_only_for_full_credit(picks, expected):
    assert grade(choices("++-"), {"choices": picks}).is_correct is expected


@pytest.mark.parametrize(
    ("points", "credit", "correctness"),
    [
        pytest.param(0, "0", Correctness.INCORRECT, id="none"),
        pytest.param(2, "0.6666666667", Correctness.PARTIAL, id="some"),
        pytest.param(3, "1", Correctness.CORRECT, id="all"),
    ],
)
def test_a_person_gives_from_nothing_to_all_points(points, credit, correctness):
    result = grade_by_person(points=points, possible=3)

    assert (result.points, result.exact_points, result.correctness) == (points, points, correctness)
    assert result.steps == (f"A person gave {points} of 3 points.",)
    assert result.credit is not None
    assert kept_credit(result.credit) == Decimal(credit)
    assert exact_points(3, Decimal(credit)) == points


@pytest.mark.parametrize("points", [-1, 4])
def test_a_person_cannot_give_less_than_nothing_or_more_than_all(points):
    with pytest.raises(exceptions.Invalid, match="between 0 and 3 points") as refused:
        grade_by_person(points=points, possible=3)

    assert refused.value.field == ("points",)


texts = st.text(max_size=20) | st.sampled_from(["1", "1e3", "a*", "*", "-0"])
credits_given = st.none() | st.decimals(0, 1, places=4).map(str)
written = st.builds(
    accepted,
    texts,
    how=st.sampled_from(TextMatch),
    credit=credits_given,
    tolerance=st.none() | st.decimals(0, 5, places=2).map(str),
    key=st.sampled_from(["", "a", "b"]),
)


@pytest.mark.slow
@settings(deadline=None, print_blob=True, max_examples=300)
@given(
    answers=st.lists(written, max_size=4), response=st.dictionaries(st.sampled_from(["", "a", "b"]), texts)
)
def test_whatever_is_written_earns_a_credit_between_nothing_and_everything(answers, response):
    filled = grade(blanks(*answers, points=4), {"blanks": response})
    short = grade(short_answer(*answers, points=4), {"text": response.get("a", "")})

    for result in (filled, short):
        assert result.credit is not None
        assert 0 <= result.credit <= 1
        assert result.points in range(5)


@settings(deadline=None, print_blob=True)
@given(pairs=st.dictionaries(st.integers(0, 4).map(str), st.integers(0, 4)))
def test_whatever_is_paired_earns_a_credit_between_nothing_and_everything(pairs):
    credit = grade(CAPITALS, {"matches": pairs}).credit

    assert credit is not None
    assert 0 <= credit <= 1
