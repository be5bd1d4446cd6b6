"""Which responses fit a question, and what is stored of them."""

import pytest

from courses.exceptions import ResponseMismatch
from courses.rules.grading import is_unanswered
from courses.rules.layout import trial_entry
from courses.rules.responses import check_response
from tests.courses.rules.questions import accepted, blanks, choices, essay, matching, short_answer, true_false

SINGLE = choices("+--")
MULTIPLE = choices("++-")
TEXT = short_answer(accepted("x"))
PAIRS = matching(("a", "1"), ("b", "2"), ("", "3"))
BLANKS = blanks(accepted("x", key="one"), accepted("y", key="two"))
LONGEST = "x" * 20_000


def checked(asked, given):
    return check_response(asked.type, trial_entry(1, asked), given, field=("answers", "0", "response"))


@pytest.mark.parametrize(
    ("asked", "given", "stored"),
    [
        pytest.param(SINGLE, {"choices": [2]}, {"choices": [2]}, id="one pick"),
        pytest.param(MULTIPLE, {"choices": [2, 0]}, {"choices": [0, 2]}, id="picks are sorted"),
        pytest.param(true_false(), {"choices": (1,)}, {"choices": [1]}, id="true"),
        pytest.param(TEXT, {"text": " A "}, {"text": " A "}, id="a text stays as it was written"),
        pytest.param(essay(), {"text": LONGEST}, {"text": LONGEST}, id="the longest text"),
        pytest.param(PAIRS, {"matches": [(1, 2), (0, 2)]}, {"matches": {"0": 2, "1": 2}}, id="pairs"),
        pytest.param(PAIRS, {"matches": [[1, 0]]}, {"matches": {"1": 0}}, id="a pair as a list"),
        pytest.param(
            BLANKS,
            {"blanks": [("two", "b"), ("one", "a")]},
            {"blanks": {"one": "a", "two": "b"}},
            id="blanks",
        ),
        pytest.param(SINGLE, None, None, id="nothing clears the answer"),
    ],
)
def test_a_response_that_fits_is_stored_in_its_canonical_form(asked, given, stored):
    assert checked(asked, given) == stored


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        pytest.param(SINGLE, {"choices": []}, id="no pick"),
        pytest.param(TEXT, {"text": "  "}, id="blank text"),
        pytest.param(PAIRS, {"matches": []}, id="no pair"),
        pytest.param(BLANKS, {"blanks": [("one", "")]}, id="empty blank"),
    ],
)
def test_a_blank_response_is_kept_as_it_is_and_counts_as_unanswered(asked, given):
    stored = checked(asked, given)

    assert stored is not None
    assert is_unanswered(asked.type, stored)


@pytest.mark.parametrize(
    ("asked", "given", "member"),
    [
        pytest.param(SINGLE, {"text": "answer 0"}, "choices", id="a text for a choice"),
        pytest.param(TEXT, {"choices": [1]}, "text", id="a choice for a text"),
        pytest.param(PAIRS, {"blanks": [("a", "1")]}, "matches", id="blanks for a matching"),
        pytest.param(BLANKS, {"text": "x"}, "blanks", id="a text for blanks"),
        pytest.param(SINGLE, {}, "choices", id="no member"),
        pytest.param(SINGLE, {"choices": [0], "text": "x"}, "choices", id="two members"),
        pytest.param(SINGLE, {"choices": 0}, "choices", id="a pick that is no list"),
        pytest.param(TEXT, {"text": 5}, "text", id="a number for a text"),
        pytest.param(TEXT, {"text": None}, "text", id="no text"),
        pytest.param(PAIRS, {"matches": {"0": 0}}, "matches", id="pairs that are no list"),
        pytest.param(PAIRS, {"matches": [(0, 1, 2)]}, "matches", id="a pair of three"),
        pytest.param(PAIRS, {"matches": [0]}, "matches", id="a pair of one"),
        pytest.param(BLANKS, {"blanks": [("one", 1)]}, "blanks", id="a number for a blank"),
        pytest.param(SINGLE, {"choices": [3]}, "choices", id="a choice of another question"),
        pytest.param(SINGLE, {"choices": ["0"]}, "choices", id="a choice by another name"),
        pytest.param(SINGLE, {"choices": [[]]}, "choices", id="a choice that is a list"),
        pytest.param(PAIRS, {"matches": [(9, 0)]}, "matches", id="a prompt of another question"),
        pytest.param(PAIRS, {"matches": [(2, 0)]}, "matches", id="a distractor as a prompt"),
        pytest.param(PAIRS, {"matches": [(0, 9)]}, "matches", id="a match of another question"),
        pytest.param(BLANKS, {"blanks": [("three", "x")]}, "blanks", id="an unknown key"),
        pytest.param(SINGLE, {"choices": [0, 1]}, "choices", id="two picks on a single choice"),
        pytest.param(true_false(), {"choices": [1, 2]}, "choices", id="both true and false"),
        pytest.param(MULTIPLE, {"choices": [0, 0]}, "choices", id="a choice picked twice"),
        pytest.param(PAIRS, {"matches": [(0, 0), (0, 1)]}, "matches", id="a prompt paired twice"),
        pytest.param(BLANKS, {"blanks": [("one", "a"), ("one", "b")]}, "blanks", id="a blank filled twice"),
        pytest.param(TEXT, {"text": LONGEST + "x"}, "text", id="a text that is too long"),
        pytest.param(BLANKS, {"blanks": [("one", LONGEST + "x")]}, "blanks", id="a blank that is too long"),
    ],
)
def test_a_response_that_does_not_fit_is_a_mismatch_at_its_path(asked, given, member):
    with pytest.raises(ResponseMismatch) as refused:
        checked(asked, given)

    assert refused.value.field == ("answers", "0", "response", member)
    assert refused.value.code == "RESPONSE_MISMATCH"


def test_the_refusal_of_a_long_text_says_limit_and_length():
    with pytest.raises(ResponseMismatch, match=r"to 20,000 characters; it has 20,001\."):
        checked(TEXT, {"text": LONGEST + "x"})


@pytest.mark.parametrize("foreign", [1, 99], ids=["of this question", "of no question"])
def test_only_what_the_attempt_laid_out_may_be_picked(foreign):
    with pytest.raises(ResponseMismatch, match="among the choices of this question"):
        check_response(SINGLE.type, {"id": 1, "choices": [0, 2]}, {"choices": [foreign]})


def test_a_refusal_says_the_same_for_a_right_and_a_wrong_pick_too_many():
    sentences = set()
    for picks in ([0, 1], [1, 2]):
        with pytest.raises(ResponseMismatch) as refused:
            checked(SINGLE, {"choices": picks})
        sentences.add(refused.value.message)

    assert len(sentences) == 1
