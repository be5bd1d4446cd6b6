"""What a question lacks before anybody can take it."""

import pytest

from courses.constants import QuestionType, TextMatch
from courses.rules.readiness import assessment_problems, question_problems
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


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(choices("+-"), id="multiple choice with one right answer"),
        pytest.param(choices("++"), id="multiple choice with several"),
        pytest.param(true_false(), id="true or false"),
        pytest.param(
            question(QuestionType.MULTIPLE_CHOICE, Answer(1, "int", is_correct=True), Answer(2, "Int")),
            id="choices that differ by case",
        ),
        pytest.param(matching(("Bat", "mammal"), ("Whale", "mammal")), id="prompts that share a match"),
        pytest.param(essay(), id="essay"),
        pytest.param(short_answer(accepted("x")), id="short answer"),
        pytest.param(short_answer(accepted("-1.5", how=TextMatch.NUMERIC)), id="number"),
        pytest.param(matching(("a", "1"), ("", "2")), id="one pair and a distractor"),
        pytest.param(blanks(accepted("x", key="a"), accepted("y", key="b")), id="two blanks"),
        pytest.param(blanks(accepted("x"), accepted("y")), id="one blank without a name"),
    ],
)
def test_a_complete_question_lacks_nothing(asked):
    assert question_problems(asked) == []
    assert assessment_problems([asked]) == []


@pytest.mark.parametrize(
    ("asked", "problems"),
    [
        pytest.param(
            question(QuestionType.TRUE_FALSE, Answer(1, "True", is_correct=True)),
            ["A true/false question needs exactly two answers."],
            id="true without false",
        ),
        pytest.param(
            question(QuestionType.TRUE_FALSE, Answer(1, "True"), Answer(2, "False")),
            ["Mark exactly one answer as correct."],
            id="neither true nor false",
        ),
        pytest.param(
            question(QuestionType.TRUE_FALSE, Answer(1, "True", True), Answer(2, "False", True)),
            ["Mark exactly one answer as correct."],
            id="both true and false",
        ),
        pytest.param(choices("+"), ["Add at least two answers."], id="one choice"),
        pytest.param(choices("--"), ["Mark at least one answer as correct."], id="no right choice"),
        pytest.param(
            question(QuestionType.MULTIPLE_CHOICE),
            ["Add at least two answers.", "Mark at least one answer as correct."],
            id="no choice at all",
        ),
        pytest.param(matching(("a", "1")), ["Add at least two answers with a match."], id="one pair"),
        pytest.param(
            matching(("", "1"), ("", "2")),
            ["Give at least one match a prompt to pair it with."],
            id="only distractors",
        ),
        pytest.param(
            matching(("a", "1"), ("b", "2"), ("c", " ")), ["Give “c” a match."], id="a prompt without a match"
        ),
        pytest.param(short_answer(), ["Add at least one accepted text."], id="no accepted text"),
        pytest.param(
            short_answer(Answer(1, "Rome")), ["Add at least one accepted text."], id="only a wrong text"
        ),
        pytest.param(short_answer(accepted(" ")), ["Add at least one accepted text."], id="a blank text"),
        pytest.param(
            short_answer(accepted("x", credit="0")),
            ["Add at least one accepted text."],
            id="a worthless text",
        ),
        pytest.param(
            short_answer(accepted("1,5", how=TextMatch.NUMERIC)),
            ["“1,5” is compared as a number but is none. Write it like -11.7 or 1e3."],
            id="a number that is none",
        ),
        pytest.param(blanks(), ["Add at least one blank with an accepted text."], id="no blank"),
        pytest.param(
            blanks(accepted("x", key="a"), accepted(" ", key="b")),
            ["Add at least one accepted text for the blank “b”."],
            id="a blank without an accepted text",
        ),
        pytest.param(
            blanks(accepted("x", key="a"), accepted("y")),
            ["Say for every accepted text which blank it fills."],
            id="a text without its blank",
        ),
        pytest.param(
            question(
                QuestionType.MULTIPLE_CHOICE,
                Answer(1, "Rome", is_correct=True),
                Answer(2, "Oslo"),
                Answer(3, " Rome "),
                Answer(4, "Rome"),
            ),
            ["Choices 1, 3 and 4 look the same: “Rome”. Change all but one of them."],
            id="choices that look the same",
        ),
        pytest.param(
            question(QuestionType.TRUE_FALSE, Answer(1, "Yes", is_correct=True), Answer(2, "Yes")),
            ["Choices 1 and 2 look the same: “Yes”. Change all but one of them."],
            id="true that looks like false",
        ),
        pytest.param(
            matching(("Bat", "mammal"), ("Eagle", "bird"), ("Bat", "tool")),
            ["Prompts 1 and 3 look the same: “Bat”. Change all but one of them."],
            id="prompts that look the same",
        ),
        pytest.param(
            matching(("Bat", "mammal"), ("", "mammal"), ("Eagle", "bird")),
            ["Match 2 leads nobody astray: “mammal” is there already. Change or remove it."],
            id="a distractor that is right",
        ),
        pytest.param(
            matching(("Bat", "mammal"), ("", "fish"), ("", " fish")),
            [
                "Match 2 leads nobody astray: “fish” is there already. Change or remove it.",
                "Match 3 leads nobody astray: “fish” is there already. Change or remove it.",
            ],
            id="distractors that look the same",
        ),
    ],
)
def test_an_incomplete_question_says_what_it_lacks(asked, problems):
    assert question_problems(asked) == problems


def test_the_problems_of_an_assessment_name_their_question():
    assert assessment_problems([essay(), choices("--"), choices("+")]) == [
        "Question 2: Mark at least one answer as correct.",
        "Question 3: Add at least two answers.",
    ]


def test_an_assessment_without_questions_is_not_ready():
    assert assessment_problems([]) == ["Add at least one question."]
