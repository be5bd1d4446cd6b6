"""PostgreSQL compares words as the rules do: on every character, and on texts of many."""

import random
import unicodedata

import pytest
from django.db.models import Value

from courses.models import Course
from courses.rules.words import VISIBLE, folded, is_blank
from courses.utils.folding import Folded, SeparatedWords
from courses.utils.sql import fetch
from tests import factories

pytestmark = pytest.mark.django_db

CHARACTERS = [
    chr(code)
    for code in range(1, 0x110000)
    if unicodedata.category(chr(code)) not in {"Cn", "Cs", "Co"} or is_blank(chr(code))
]
"""Every character that Python's Unicode version assigns, and what is reserved for ignorable ones."""


def _folded_by_the_database(texts: list[str]) -> list[str]:
    rows = fetch(
        "SELECT courses_folded(text) AS folded FROM unnest(%(texts)s) WITH ORDINALITY AS given (text, place) "
        "ORDER BY place",
        texts=texts,
    )
    return [row.folded for row in rows]


def test_every_character_is_folded_as_the_rules_say() -> None:
    characters = [character for character in CHARACTERS if character != "\n"]
    [lines] = _folded_by_the_database(["\n".join(characters)])
    found = zip(characters, lines.split("\n"), strict=True)
    assert [(hex(ord(given)), got) for given, got in found if got != folded(given)] == []


def test_texts_are_folded_as_the_rules_say() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    choice = random.Random(seed)
    unusual = ["", "i\u0307", "İ", "ß", "Σ", "ς", "\u0301", "\u0327", "\u200d", "\u00ad", "\u0345", "'", "\\"]
    texts = [
        "".join(choice.choice([choice.choice(CHARACTERS), *unusual]) for _ in range(choice.randrange(12)))
        for _ in range(5_000)
    ]
    got = _folded_by_the_database(texts)
    assert [pair for pair in zip(texts, got, strict=True) if pair[1] != folded(pair[0])] == []


def test_the_database_sees_the_same_characters_as_the_rules() -> None:
    rows = fetch(
        "SELECT text FROM unnest(%(texts)s) AS text WHERE text !~ %(visible)s",
        texts=CHARACTERS,
        visible=VISIBLE,
    )
    assert {row.text for row in rows} == {text for text in CHARACTERS if is_blank(text)}


def test_words_are_indexed_without_the_punctuation_of_ascii() -> None:
    factories.make_course()
    punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    given = Value(f"A{'z'.join(punctuation)}É “1” 2")
    [found] = Course.objects.values_list(SeparatedWords(given), Folded(given))
    assert found[0] == "a" + "z".join(" " * len(punctuation)) + "é “1” 2"
    assert found[1] == f"a{'z'.join(punctuation)}é “1” 2"
