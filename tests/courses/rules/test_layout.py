"""Layouts of attempts, places in them, and solutions in terms of them."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses import exceptions
from courses.constants import QuestionType
from courses.rules.grading import grade
from courses.rules.layout import find_entry, make_layout, trial_entry
from courses.rules.questions import KINDS, kind_of
from courses.rules.responses import check_response, check_response_in_places
from courses.rules.values import Question, Solution
from courses.rules.versions import Content, Version
from tests.courses.rules.questions import accepted, blanks, choices, essay, matching, short_answer, true_false

CHOICES = choices("+-------")
ANIMALS = matching(("Bat", "mammal"), ("Whale", " mammal "), ("Eagle", "bird"), ("", "fish"))
BLANKS = blanks(accepted("1", key="one"), accepted("2", key="two"), accepted("I", key="one"))
ENTRY = {
    "id": 5,
    "selection": "multiple",
    "choices": [30, 10, 20],
    "prompts": [7, 3],
    "matches": [3, 9, 7],
    "blanks": ["b", "a"],
}
TYPE_OF = {kind.member: kind.type for kind in KINDS.values()}
"""A question type that is answered with each member."""


def laid_out(*questions: Question, randomize: bool = False, seed: int = 1):
    """The entries of questions with the ids 0, 1, 2, ..., whose versions are 100 more."""
    asked = [
        Version(100 + number, number, 1, Content(question, "", ""))
        for number, question in enumerate(questions)
    ]
    entries = make_layout(asked, randomize=randomize, random=Random(seed))["questions"]
    assert all(entry.pop("version") == 100 + entry["id"] for entry in entries)
    return entries


def stored_as(placed, entry=ENTRY, **options):
    [member] = placed
    return check_response_in_places(TYPE_OF[member], entry, placed, **options)


def shown_as(stored, entry=ENTRY):
    [(member, value)] = stored.items()
    return {member: kind_of(TYPE_OF[member]).to_places(entry, value)}


def test_questions_keep_the_authors_order_unless_randomised():
    asked = [essay() for _ in range(20)]

    assert [entry["id"] for entry in laid_out(*asked)] == list(range(20))
    shuffled = [entry["id"] for entry in laid_out(*asked, randomize=True)]
    assert shuffled != list(range(20))
    assert sorted(shuffled) == list(range(20))


def test_the_same_source_of_randomness_lays_out_the_same():
    assert laid_out(CHOICES, ANIMALS, seed=7) == laid_out(CHOICES, ANIMALS, seed=7)


def test_choices_are_always_shuffled():
    layouts = {tuple(laid_out(CHOICES, seed=seed)[0]["choices"]) for seed in range(20)}

    assert len(layouts) == 20
    assert all(sorted(layout) == list(range(8)) for layout in layouts)


def test_every_choice_comes_first_about_as_often():
    first = [laid_out(CHOICES, seed=seed)[0]["choices"][0] for seed in range(800)]

    assert all(60 <= first.count(choice) <= 140 for choice in range(8))


def test_true_comes_before_false_whatever_the_author_wrote_first():
    asked = true_false()
    reversed_order = Question(asked.type, asked.scoring, 1, tuple(reversed(asked.answers)))

    for seed in range(10):
        assert laid_out(asked, reversed_order, seed=seed) == [
            {"id": 0, "points": 1, "selection": "single", "choices": [1, 2]},
            {"id": 1, "points": 1, "selection": "single", "choices": [1, 2]},
        ]


def test_prompts_and_matches_are_shuffled_and_a_match_text_that_occurs_twice_stands_once():
    layouts = [laid_out(ANIMALS, seed=seed)[0] for seed in range(200)]

    assert {tuple(sorted(entry["prompts"])) for entry in layouts} == {(0, 1, 2)}
    assert {tuple(sorted(entry["matches"])) for entry in layouts} == {(0, 2, 3)}
    assert len({tuple(entry["prompts"]) for entry in layouts}) == 6
    assert len({tuple(entry["matches"]) for entry in layouts}) == 6


def test_prompts_and_matches_of_which_nothing_shows_are_not_laid_out():
    asked = matching(("Bat", "mammal"), ("Eagle", "bird"), ("\u200b", "fish"), ("Stone", "\u3164"))
    [entry] = laid_out(asked)

    assert (sorted(entry["prompts"]), sorted(entry["matches"])) == ([0, 1], [0, 1, 2])
    assert trial_entry(0, asked)["matches"] == [0, 1, 2]


def test_blanks_are_laid_out_once_each_in_the_authors_order():
    assert laid_out(BLANKS) == [{"id": 0, "points": 1, "blanks": ["one", "two"]}]


def test_texts_have_nothing_to_lay_out():
    assert laid_out(short_answer(accepted("x")), essay()) == [
        {"id": 0, "points": 1},
        {"id": 1, "points": 1},
    ]


def test_a_trial_offers_every_answer_in_the_authors_order():
    def entry(asked: Question):
        return trial_entry(0, asked)

    assert entry(CHOICES) == {"id": 0, "selection": "single", "choices": list(range(8))}
    assert entry(choices("++")) == {"id": 0, "selection": "multiple", "choices": [0, 1]}
    assert entry(true_false()) == {"id": 0, "selection": "single", "choices": [2, 1]}
    assert entry(ANIMALS) == {"id": 0, "prompts": [0, 1, 2], "matches": [0, 1, 2, 3]}


def test_an_entry_is_found_by_its_question_and_only_in_its_own_layout():
    layout = {"questions": [{"id": 4}, ENTRY]}

    assert find_entry(layout, 5) == ENTRY
    assert find_entry(layout, 6) is None


@pytest.mark.parametrize(
    ("placed", "stored"),
    [
        pytest.param({"choices": [0, 2]}, {"choices": [20, 30]}, id="choices"),
        pytest.param({"matches": [(0, 1), (1, 0)]}, {"matches": {"7": 9, "3": 3}}, id="pairs"),
        pytest.param({"text": "x"}, {"text": "x"}, id="a text has no places"),
        pytest.param({"blanks": [("a", "x")]}, {"blanks": {"a": "x"}}, id="keys are names, not places"),
    ],
)
def test_places_are_resolved_to_the_ids_of_answers(placed, stored):
    assert stored_as(placed) == stored


@pytest.mark.parametrize(
    "placed",
    [
        pytest.param({"choices": [3]}, id="past the last choice"),
        pytest.param({"choices": [-1]}, id="before the first choice"),
        pytest.param({"matches": [(2, 0)]}, id="past the last prompt"),
        pytest.param({"matches": [(0, 3)]}, id="past the last match"),
    ],
)
def test_a_place_that_the_layout_does_not_have_is_a_mismatch(placed):
    with pytest.raises(exceptions.ResponseMismatch) as refused:
        stored_as(placed, field=("answers", "0", "response"))

    assert refused.value.field == ("answers", "0", "response", *placed)


def test_a_question_without_choices_has_no_places():
    with pytest.raises(exceptions.ResponseMismatch):
        check_response_in_places(QuestionType.ESSAY, {"id": 1}, {"choices": [0]})


@pytest.mark.parametrize(
    ("stored", "placed"),
    [
        pytest.param({"choices": [20, 30]}, {"choices": [0, 2]}, id="choices in layout order"),
        pytest.param({"choices": [20, 99]}, {"choices": [2]}, id="a choice that is gone is left out"),
        pytest.param(
            {"matches": {"3": 9, "7": 3}}, {"matches": [(0, 0), (1, 1)]}, id="pairs in layout order"
        ),
        pytest.param({"matches": {"3": 99}}, {"matches": []}, id="a match that is gone is left out"),
        pytest.param(
            {"blanks": {"a": "x", "b": "y"}},
            {"blanks": [("b", "y"), ("a", "x")]},
            id="blanks in layout order",
        ),
        pytest.param({"blanks": {"a": ""}}, {"blanks": [("a", "")]}, id="an empty blank is kept"),
        pytest.param({"text": " x "}, {"text": " x "}, id="a text as it was written"),
    ],
)
def test_a_stored_response_is_shown_by_places(stored, placed):
    assert shown_as(stored) == placed


@settings(deadline=None, print_blob=True)
@given(seed=st.integers(), data=st.data())
def test_what_was_given_by_places_is_shown_by_the_same_places(seed, data):
    (entry,) = laid_out(ANIMALS, seed=seed)
    prompts = data.draw(st.lists(st.integers(0, 2), unique=True).map(sorted))
    placed = {"matches": [(prompt, data.draw(st.integers(0, 2))) for prompt in prompts]}

    assert shown_as(stored_as(placed, entry), entry) == placed


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(choices("+-+"), Solution(choices=(0, 2)), id="the right choices"),
        pytest.param(true_false(), Solution(choices=(1,)), id="true"),
        pytest.param(
            short_answer(accepted("half", credit="0.5"), accepted("no", credit="0"), accepted("full")),
            Solution(texts=("full", "half")),
            id="accepted texts, best first",
        ),
        pytest.param(ANIMALS, Solution(matches={0: 0, 1: 0, 2: 2}), id="the matches that layouts offer"),
        pytest.param(
            blanks(accepted("so-so", key="a", credit="0.5"), accepted("x", key="a"), accepted("y", key="b")),
            Solution(blanks={"a": "x", "b": "y"}),
            id="the best text of each blank",
        ),
        pytest.param(essay(), Solution(), id="an essay has none"),
    ],
)
def test_the_solution_of_a_question(asked, expected):
    assert kind_of(asked.type).solution(asked) == expected


@pytest.mark.parametrize("seed", range(5))
def test_the_solution_of_a_matching_is_on_offer_and_earns_full_credit(seed):
    (entry,) = laid_out(ANIMALS, seed=seed)
    right = kind_of(ANIMALS.type).solution(ANIMALS).matches
    assert right is not None
    pairs = list(right.items())

    assert grade(ANIMALS, check_response(ANIMALS.type, entry, {"matches": pairs})).is_correct is True


def test_the_types_of_the_database_lay_out_like_their_members():
    asked = replace(true_false(), type="true_false")  # type: ignore[arg-type]

    assert trial_entry(1, asked)["choices"] == [2, 1]
    assert asked.type == QuestionType.TRUE_FALSE
