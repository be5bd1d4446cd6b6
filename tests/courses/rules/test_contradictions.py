"""What in a question can never be right, and what is only not finished."""

from decimal import Decimal

import pytest

from courses.constants import QuestionType, ScoringPolicy, TextMatch
from courses.rules.questions import kind_of
from courses.rules.questions.blanks import marked_blanks
from courses.rules.values import Answer
from tests.courses.rules.questions import (
    accepted,
    blanks,
    choices,
    essay,
    matching,
    question,
    short_answer,
    true_false,
)

ALL_OR_NOTHING, EVERY_DECISION = ScoringPolicy.ALL_OR_NOTHING, ScoringPolicy.EVERY_DECISION
WEIGHTED = ScoringPolicy.WEIGHTED


def contradictions(asked, text):
    return list(kind_of(asked.type).contradictions(asked, text))


TRUE, FALSE = Answer(1, "True", is_correct=True), Answer(2, "False")


def uncounted(asked):
    return [".".join(each.path) for each in kind_of(asked.type).uncounted_credits(asked)]


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        pytest.param(choices("++-", credits=("1", "1", "0")), [], id="all or nothing"),
        pytest.param(choices("++-"), [], id="no credits"),
        pytest.param(choices("++-", credits=("0.5", "0.5")), [0, 1], id="partial credit of several"),
        pytest.param(choices("++-", credits=("1", "1", "0.5")), [2], id="partial credit of a wrong choice"),
        pytest.param(
            choices("++-", credits=("0.5", "0.5"), scoring=ALL_OR_NOTHING), [0, 1], id="all or nothing"
        ),
        pytest.param(
            choices("++-", credits=("0.5", "0.5"), scoring=EVERY_DECISION), [0, 1], id="every decision"
        ),
        pytest.param(choices("++-", credits=("0.5", "0.5", "-1"), scoring=WEIGHTED), [], id="weighted"),
        pytest.param(
            choices("++-", credits=("1", "-0.5"), scoring=WEIGHTED), [1], id="a right choice below 0"
        ),
        pytest.param(choices("++-", credits=("1", "1", "-0.5")), [2], id="below 0 without weights"),
        pytest.param(choices("+-", credits=("0.5", "0.25")), [], id="single choice"),
        pytest.param(choices("+-", credits=("1", "-0.5")), [1], id="single choice below 0"),
        pytest.param(
            choices("+-", credits=("1", "-0.5"), scoring=WEIGHTED), [], id="single choice, weighted"
        ),
        pytest.param(short_answer(accepted("x", credit="0.5")), [], id="short answer"),
        pytest.param(short_answer(accepted("x", credit="-0.5")), [0], id="short answer below 0"),
        pytest.param(
            blanks(accepted("x", credit="0.5"), accepted("y", credit="-0.5")), [1], id="blank below 0"
        ),
        pytest.param(
            question(QuestionType.TRUE_FALSE, TRUE, Answer(2, "False", credit=Decimal(-1)), scoring=WEIGHTED),
            [1],
            id="true or false below 0",
        ),
    ],
)
def test_a_credit_that_would_be_ignored_is_a_contradiction(asked, places):
    assert uncounted(asked) == [f"answers.{place}.credit" for place in places]


def test_the_sentence_about_an_ignored_credit_names_the_policy_that_counts_it():
    for asked in (choices("++", credits=("0.5",)), choices("+-", credits=("1", "-0.5"))):
        [found] = kind_of(asked.type).uncounted_credits(asked)
        assert "WEIGHTED" in found.message


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(choices("--"), id="multiple choice without a right answer yet"),
        pytest.param(choices("+"), id="multiple choice with one answer so far"),
        pytest.param(question(QuestionType.TRUE_FALSE, TRUE), id="true without false so far"),
        pytest.param(true_false(), id="true or false"),
        pytest.param(short_answer(), id="no accepted text yet"),
        pytest.param(matching(("a", "1")), id="one pair so far"),
        pytest.param(matching(("", "1"), ("b", "2")), id="a distractor and a pair"),
        pytest.param(blanks(), id="no blank filled yet"),
        pytest.param(blanks(accepted("x", key="a"), accepted("y", key="b")), id="every blank filled"),
        pytest.param(essay(), id="essay"),
    ],
)
def test_a_draft_contradicts_nothing(asked):
    assert contradictions(asked, "[[a]] and [[b]]") == []


@pytest.mark.parametrize(
    ("asked", "path", "message"),
    [
        pytest.param(
            question(QuestionType.TRUE_FALSE, TRUE, FALSE, Answer(3, "Perhaps")),
            ("answers",),
            "A true/false question has two answers: please remove the others.",
            id="true, false and more",
        ),
        pytest.param(
            question(QuestionType.TRUE_FALSE, TRUE, Answer(2, "False", is_correct=True)),
            ("answers",),
            "Only one answer of a true/false question can be correct.",
            id="true and false",
        ),
        pytest.param(
            question(QuestionType.MULTIPLE_CHOICE, TRUE, Answer(2, " \n")),
            ("answers", "1", "text"),
            "Write down what this choice says.",
            id="an empty choice",
        ),
        pytest.param(
            matching(("a", "1"), ("b", "")),
            ("answers", "1", "match_text"),
            "Give this prompt the text that belongs to it.",
            id="a prompt without a match",
        ),
        pytest.param(
            short_answer(accepted("")),
            ("answers", "0", "text"),
            "Write down the text that is accepted.",
            id="an empty accepted text",
        ),
        pytest.param(
            short_answer(accepted("1"), accepted("1,5", how=TextMatch.NUMERIC)),
            ("answers", "1", "text"),
            "This is compared as a number but is none. Write it like -11.7 or 1e3.",
            id="no number",
        ),
        pytest.param(
            blanks(accepted("x", key="a"), accepted("y", key="b"), accepted("z", key="c")),
            ("answers", "2", "blank_key"),
            "The text marks no such blank, but [[a]], [[b]].",
            id="a blank that is not in the text",
        ),
        pytest.param(
            blanks(accepted("x", key="a")),
            ("answers",),
            "Add an accepted text for the blank [[b]].",
            id="a blank in the text that nothing fills",
        ),
    ],
)
def test_a_contradiction_is_named_with_its_place(asked, path, message):
    (found,) = contradictions(asked, "[[a]] and [[b]]")
    assert (found.path, found.message) == (path, message)


def test_a_text_without_marks_leaves_the_keys_to_the_answers():
    assert contradictions(blanks(accepted("x", key="a"), accepted("y", key="b")), "Fill in both.") == []


def test_a_blank_that_is_marked_twice_is_one_blank():
    assert marked_blanks("[[a]] is [[b]] and [[a]], not [c] or [[]].") == ["a", "b"]
