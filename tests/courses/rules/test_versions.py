"""Versions: one canonical form of a question's content, and what of it a learner may see."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.constants import QuestionType, ScoringPolicy, Selection, TextMatch
from courses.rules.layout import still_offers, trial_entry
from courses.rules.questions import selection_of
from courses.rules.values import Answer, Question
from courses.rules.versions import Content, content_of_json, content_to_json, digest_of, shown_of
from tests.courses.rules.questions import accepted, blanks, choices, essay, matching, short_answer, true_false

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
_CREDITS = st.none() | st.decimals(0, 1, places=4)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """Whatever an author could have written, complete or not."""
    answers = draw(
        st.lists(
            st.builds(
                Answer,
                id=st.integers(1, 2**63 - 1),
                text=_TEXTS,
                is_correct=st.booleans(),
                match_text=_TEXTS,
                blank_key=_TEXTS,
                text_match=st.sampled_from(TextMatch),
                tolerance=st.none() | st.decimals(0, 10**9, places=10),
                credit=_CREDITS,
                explanation=_TEXTS,
            ),
            max_size=4,
            unique_by=lambda answer: answer.id,
        )
    )
    question = Question(
        draw(st.sampled_from(QuestionType)),
        draw(st.sampled_from(ScoringPolicy)),
        draw(st.integers(1, 10**6)),
        tuple(answers),
        decimal_comma=draw(st.booleans()),
    )
    return Content(question, draw(_TEXTS), draw(_TEXTS))


@given(contents())
def test_content_comes_back_from_json_as_it_was(content: Content) -> None:
    stored = content_to_json(content)
    assert content_of_json(json.loads(json.dumps(stored))) == content


@given(contents(), contents())
def test_different_contents_have_different_digests(one: Content, other: Content) -> None:
    assert (digest_of(content_to_json(one)) == digest_of(content_to_json(other))) == (one == other)


def test_the_zeros_that_a_column_adds_make_no_other_version() -> None:
    def digest(credit: str, tolerance: str) -> str:
        question = short_answer(accepted("1", credit=credit, tolerance=tolerance))
        return digest_of(content_to_json(Content(question, "?", "")))

    assert digest("0.5", "100") == digest("0.5000", "100.0000000000")
    assert digest("0", "0") == digest("0.0000", "0E-10")
    assert digest("0.5", "100") != digest("0.25", "100")


def test_the_digest_is_the_sha_256_of_canonical_json() -> None:
    content = Content(essay(points=3), "Wieso, café?", "Darum.")
    assert content_to_json(content) == {
        "type": "essay", "text": "Wieso, café?", "points": 3, "explanation": "Darum.",
        "scoring": "right_minus_wrong", "answers": [],
    }  # fmt: skip
    assert digest_of(content_to_json(content)) == (
        "cd3f5a7334540c5af8dc67c84774c4298d4291443bc39a333618e87c7bc3c6b9"
    )


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        (
            choices("+-+"),
            {"choices": ["answer 0", "answer 1", "answer 2"], "selection": Selection.MULTIPLE},
        ),
        (true_false(), {"choices": ["False", "True"], "selection": Selection.SINGLE}),
        (short_answer(accepted("secret", credit="0.5")), {}),
        (essay(), {}),
        (
            matching(("cat", "meows"), ("bat", "sings"), ("", "moos"), ("dog", " meows ")),
            {"prompts": ["bat", "cat", "dog"], "matches": ["meows", "moos", "sings"]},
        ),
        (blanks(accepted("secret", key="two"), accepted("secret", key="one")), {"blanks": ["two", "one"]}),
    ],
)
def test_what_is_shown_of_each_type(question: Question, shown: dict[str, Any]) -> None:
    content = Content(question, "What?", "secret")
    assert shown_of(content) == {"type": question.type, "text": "What?", "points": 1} | shown


@settings(max_examples=300)
@given(contents(), st.data())
def test_what_is_shown_does_not_depend_on_the_key(content: Content, data: st.DataObject) -> None:
    """Two questions that a learner cannot tell apart show the same, whatever is right in each of them."""
    question = content.question
    answers = [
        replace(
            answer,
            is_correct=data.draw(st.booleans()),
            credit=data.draw(_CREDITS),
            tolerance=None,
            text_match=data.draw(st.sampled_from(TextMatch)),
            explanation=data.draw(_TEXTS),
            id=answer.id + 1,
        )
        for answer in question.answers
    ]
    if question.type in (QuestionType.SHORT_ANSWER, QuestionType.FILL_BLANK):
        answers = [replace(answer, text=data.draw(_TEXTS)) for answer in answers]
    other = replace(question, answers=tuple(answers), asked_as=selection_of(question))
    assert shown_of(Content(other, content.text, "Another explanation.")) == shown_of(content)


def test_what_is_shown_of_a_matching_question_does_not_tell_the_pairs() -> None:
    one, other = matching(("cat", "meows"), ("dog", "barks")), matching(("cat", "barks"), ("dog", "meows"))
    assert shown_of(Content(one, "?", "")) == shown_of(Content(other, "?", ""))


@pytest.mark.parametrize(
    ("today", "fits"),
    [
        (choices("-+"), True),
        (choices("+-+"), True),
        (choices("+"), False),
        (true_false(), False),
        (replace(choices("+-"), type=QuestionType.TRUE_FALSE), False),
    ],
)
def test_choices_fit_while_all_that_were_offered_are_there(today: Question, fits: bool) -> None:
    asked = choices("+-")
    assert still_offers(today, asked, trial_entry(1, asked)) is fits


@pytest.mark.parametrize(
    ("today", "fits"),
    [
        (matching(("Katze", "miaut"), ("dog", "barks")), True),
        (matching(("cat", "meows"), ("dog", "barks"), ("cow", "moos")), True),
        (matching(("cat", "meows"), ("", "barks")), False),
        (matching(("cat", "meows"), ("dog", "")), False),
        (matching(("cat", "meows")), False),
    ],
)
def test_prompts_and_matches_fit_while_all_that_were_offered_are_there(today: Question, fits: bool) -> None:
    asked = matching(("cat", "meows"), ("dog", "barks"))
    assert still_offers(today, asked, trial_entry(1, asked)) is fits


def test_blanks_fit_while_their_keys_are_there_and_texts_always() -> None:
    asked = blanks(accepted("1", key="one"))
    entry = trial_entry(1, asked)
    assert still_offers(blanks(accepted("I", key="one"), accepted("2", key="two")), asked, entry)
    assert not still_offers(blanks(accepted("1", key="other")), asked, entry)
    assert still_offers(short_answer(accepted("x")), short_answer(), trial_entry(1, short_answer()))
    assert not still_offers(essay(), short_answer(), trial_entry(1, short_answer()))
