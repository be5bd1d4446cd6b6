"""Responses in words."""

from typing import Any

import pytest

from courses.constants import QuestionType, ScoringPolicy, Selection
from courses.rules.renderings.responses import Said, in_words
from courses.rules.values import Answer, LayoutEntry, Question, ResponseMember
from courses.rules.versions import Content, Version


def version(type: QuestionType, *answers: Answer) -> Version:
    question = Question(type=type, scoring=ScoringPolicy.ALL_OR_NOTHING, points=1, answers=answers)
    return Version(1, 1, 1, Content(question, "?", ""))


CHOICES = (Answer(5, "Paris", is_correct=True), Answer(6, "London"), Answer(7, "Berlin", is_correct=True))
PAIRS = (
    Answer(5, "dog", match_text="barks"),
    Answer(6, "cat", match_text="meows"),
    Answer(7, "", match_text="moos"),
)


def test_picks_and_choices_are_in_alphabetical_order() -> None:
    entry: LayoutEntry = {"selection": Selection.MULTIPLE, "choices": [6, 5, 7]}

    assert in_words(version(QuestionType.MULTIPLE_CHOICE, *CHOICES), entry, {"choices": [5, 7]}) == Said(
        member=ResponseMember.CHOICES,
        has_key=True,
        selection=Selection.MULTIPLE,
        choices=("Berlin", "London", "Paris"),
        texts=("Berlin", "Paris"),
    )


def test_pairs_are_prompts_with_the_matches_that_were_chosen() -> None:
    entry: LayoutEntry = {"prompts": [5, 6], "matches": [7, 6, 5]}

    assert in_words(version(QuestionType.MATCHING, *PAIRS), entry, {"matches": {"5": 7, "6": 5}}) == Said(
        member=ResponseMember.MATCHES,
        has_key=True,
        prompts=("cat", "dog"),
        matches=("barks", "meows", "moos"),
        pairs=(("cat", "barks"), ("dog", "moos")),
    )


def test_blanks_are_in_their_order_whether_filled_or_not() -> None:
    accepted = (Answer(5, "H2O", blank_key="b"), Answer(6, "CO2", blank_key="a"))
    entry: LayoutEntry = {"blanks": ["b", "a"]}

    said = in_words(version(QuestionType.FILL_BLANK, *accepted), entry, {"blanks": {"a": "air"}})

    assert said == Said(member=ResponseMember.BLANKS, has_key=True, texts=("", "air"))


@pytest.mark.parametrize(
    ("type", "has_key"), [(QuestionType.SHORT_ANSWER, True), (QuestionType.ESSAY, False)]
)
def test_a_text_is_told_as_it_was_written(type: QuestionType, has_key: bool) -> None:
    accepted = (Answer(5, "accepted", is_correct=True),) if has_key else ()

    assert in_words(version(type, *accepted), {}, {"text": " As written. "}) == Said(
        member=ResponseMember.TEXT, has_key=has_key, texts=(" As written. ",)
    )


@pytest.mark.parametrize(
    ("type", "entry", "response"),
    [
        (QuestionType.MULTIPLE_CHOICE, {"selection": Selection.SINGLE, "choices": [8]}, {"choices": [8]}),
        (QuestionType.MATCHING, {"prompts": [8], "matches": [5]}, {"matches": {"8": 5}}),
        (QuestionType.MATCHING, {"prompts": [5], "matches": [8]}, {"matches": {"5": 8}}),
    ],
)
def test_answers_that_are_gone_are_left_out(type: QuestionType, entry: Any, response: dict[str, Any]) -> None:
    said = in_words(version(type, *(CHOICES if "choices" in entry else PAIRS)), entry, response)

    assert (said.texts, said.pairs) == ((), ())
