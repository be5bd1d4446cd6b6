"""When words are the same word, of which parts they consist, and when a text shows nothing."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.rules.words import folded, is_blank, parts_of_word, trimmed, visible_length, without_ignorable

IGNORABLE_CODES = {
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010),
    *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0,
    *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000),
}  # fmt: skip
"""Default_Ignorable_Code_Point, as DerivedCoreProperties.txt of Unicode 17 lists it."""


@pytest.mark.parametrize(
    ("word", "same"),
    [
        pytest.param("café", "CAFE\u0301", id="composed and decomposed"),
        pytest.param("Straße", "STRASSE", id="sharp s"),
        pytest.param("ΣΟΦΟΣ", "σοφος", id="final sigma"),
        pytest.param("σοφοσ", "σοφος", id="sigma inside and at the end"),
        pytest.param("İzmir", "izmir", id="dotted capital I"),
        pytest.param("İZMİR", "IZMIR", id="dotted and plain capital I"),
        pytest.param("I\u0307zmir", "izmir", id="dotted capital I, decomposed"),
        pytest.param("Kaf\u00adfee", "kaffee", id="soft hyphen"),
        pytest.param("\u200bk\u2060affee\ufeff", "kaffee", id="no width"),
        pytest.param("\u200fkaffee\u202c", "kaffee", id="marks of direction"),
        pytest.param("e\u200d\u0301", "é", id="a joiner before an accent"),
        pytest.param("❤\ufe0f", "❤", id="variation selector"),
        pytest.param("ﬁn", "fin", id="ligature"),
        pytest.param("\u1fb3\u0301", "\u1fb4", id="iota below"),
    ],
)
def test_words_are_the_same_however_they_are_written(word: str, same: str) -> None:
    assert folded(word) == folded(same)


@pytest.mark.parametrize(
    ("word", "other"), [("café", "cafe"), ("x²", "x2"), ("ı", "i"), ("schön", "schon"), ("naïve", "naive")]
)
def test_other_letters_are_another_word(word: str, other: str) -> None:
    assert folded(word) != folded(other)


@settings(deadline=None, print_blob=True)
@given(st.text())
def test_folding_twice_changes_nothing_more_and_what_is_equivalent_is_the_same(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text)) == once


def test_exactly_the_characters_that_unicode_lets_be_ignored_are_ignored() -> None:
    ignored = {code for code in range(0x110000) if not without_ignorable(chr(code))}
    assert ignored == IGNORABLE_CODES


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("TCP/IP", ["TCP", "IP"]),
        ("x86-64", ["x86", "64"]),
        ("3.11", ["3", "11"]),
        ("l'été", ["l", "été"]),
        ("C++", ["C"]),
        ("a/☕/b", ["a", "b"]),
        ("read\u200b/\u00adwrite", ["read", "write"]),
        ("\\'", []),
        ("!", []),
    ],
)
def test_a_word_consists_of_what_stands_between_punctuation(word: str, parts: list[str]) -> None:
    assert parts_of_word(word) == parts


@pytest.mark.slow
def test_whatever_white_space_control_and_ignorable_characters_say_is_blank() -> None:
    unseen = {code for code in range(1, 0x110000) if is_blank(chr(code))}
    control = {code for code in range(1, 0x110000) if unicodedata.category(chr(code)) == "Cc"}
    white = {code for code in range(0x110000) if chr(code).isspace()}
    drawn_as_nothing = {0x2800, 0xFFF9, 0xFFFA, 0xFFFB, 0x1D159}
    assert unseen == IGNORABLE_CODES | control | white | drawn_as_nothing
    assert is_blank("")
    assert not is_blank("0")


@pytest.mark.parametrize(
    ("text", "kept"), [(" a b\n", "a b"), (" \u200b ", ""), ("👩\u200d💻 ", "👩\u200d💻"), ("\u3164", "")]
)
def test_a_text_is_trimmed_and_a_blank_one_is_empty(text: str, kept: str) -> None:
    assert trimmed(text) == kept


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("I liked it", 10),
        ("  I \n liked   it ", 10),
        ("a" + "\u200b" * 9, 1),
        ("a \u2800\u3164 b", 3),
        ("\u200b \u200b", 0),
        ("", 0),
    ],
)
def test_the_characters_that_are_seen_are_counted(text: str, length: int) -> None:
    assert visible_length(text) == length
