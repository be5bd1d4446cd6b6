"""The tags of a note, as they are stored."""

import pytest

from courses import exceptions
from courses.rules.tags import normalised_tags


def test_white_space_around_a_tag_goes_and_is_single_inside() -> None:
    assert normalised_tags(["  to   ask \n", "a\tb"]) == ["to ask", "a b"]


def test_tags_that_differ_only_in_case_are_one_tag_as_it_was_written_first() -> None:
    assert normalised_tags(["Straße", "b", "STRASSE", "B "]) == ["Straße", "b"]


def test_ten_tags_are_accepted_and_an_eleventh_is_refused() -> None:
    ten = [f"tag {number}" for number in range(10)]
    assert normalised_tags([*ten, "TAG 0"]) == ten
    with pytest.raises(exceptions.TooManyTags) as refused:
        normalised_tags([*ten, "one more"])
    assert refused.value.field == ("tags",)


def test_a_tag_of_fifty_characters_is_accepted() -> None:
    assert normalised_tags(["ä" * 50]) == ["ä" * 50]


@pytest.mark.parametrize(
    ("tag", "same"),
    [("café", "CAFE\u0301"), ("ΣΟΦΟΣ", "σοφος"), ("İzmir", "IZMIR"), ("coffee", "cof\u00adfee\u200b")],
)
def test_tags_that_are_the_same_word_are_one_tag_as_it_was_written_first(tag: str, same: str) -> None:
    assert normalised_tags([tag, same]) == [tag]
    assert normalised_tags([same, tag]) == [same]


@pytest.mark.parametrize("tag", ["", "  \n", "\u200b \u3164", "\u2800", "x" * 51])
def test_a_tag_that_is_empty_or_too_long_is_refused_with_its_place(tag: str) -> None:
    with pytest.raises(exceptions.Invalid) as refused:
        normalised_tags(["fine", tag])
    assert refused.value.field == ("tags", "1")
