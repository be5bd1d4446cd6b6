"""The one spelling of a document: the same meaning, and errors told where the client's text has them."""

import random

import pytest
from graphql import GraphQLSyntaxError, SourceLocation, parse

from schema.documents.spelling import places_in, spell

PIECES = [
    *"{}()[]:=!$@&|", "...", "a", "query", "on", "_1", "0", "-1", "1.5e3", "1a", "-", "1.", "1-2", ".", "..",
    '""', '"x"',
    '"\\""', '"\\u0041"', '"\\q"', '"open', '"""', '"""a\n  b"""', '""" "" \\""" """', '""""', "é", "%", "\x00",
]  # fmt: skip
GAPS = ["", "", " ", ",", "\n", "\r\n", "\t", "\ufeff", '# { "\n', "#\r"]


def meaning(text: str) -> tuple[object, ...]:
    """What graphql-core makes of `text`: a document, or an error and where it is."""
    try:
        return (parse(text).to_dict(),)
    except GraphQLSyntaxError as error:
        return _told(error, error.locations)


def meaning_in_one_spelling(text: str) -> tuple[object, ...]:
    try:
        return (parse(spell(text).text).to_dict(),)
    except GraphQLSyntaxError as error:
        return _told(error, [*places_in(text, error.positions or ()).values()])


def _told(error: GraphQLSyntaxError, places: object) -> tuple[object, ...]:
    """The error, but for which gap follows a number that breaks off."""
    breaks_off = "Invalid number" in error.message
    return ("Invalid number",) if breaks_off else (error.message, places)


@pytest.mark.parametrize("seed", range(5))
def test_a_document_means_the_same_in_the_one_spelling(seed: int) -> None:
    chance = random.Random(seed)
    print("seed", seed)
    for _ in range(200):
        pieces = chance.choices(PIECES, k=chance.randint(0, 12))
        text = "".join(chance.choice(GAPS) + piece for piece in pieces) + chance.choice(GAPS)
        if chance.random() < 0.5:
            text = "{ a(b: [" + text + "]) { c } }"

        assert meaning_in_one_spelling(text) == meaning(text), text


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("", ""),
        (" ,\n# only\r", ""),
        ("{#\n,#,\n\ufeffa}", "{ a }"),
        ("{a...b ...on C{d}}", "{ a ... b ... on C { d } }"),
        ('{a(b:"# , ",c:"""\n"",""")}', '{ a ( b : "# , " c : """\n"",""" ) }'),
        ("query($a:[Int!]=[1,-2.5e3]){a@b}", "query ( $ a : [ Int ! ] = [ 1 -2.5e3 ] ) { a @ b }"),
        ("{1a}", "{ 1a }"),
        ('{a "open}', '{ a "open}'),
    ],
)
def test_every_token_stands_for_itself_with_one_space_between(text: str, spelled: str) -> None:
    assert spell(text).text == spelled


def test_places_are_those_of_the_clients_text_in_lines_and_columns() -> None:
    text = "# hello\r\n{\n\t a,,b(c: 1)\n}\n"

    assert spell(text).text == "{ a b ( c : 1 ) }"
    assert places_in(text, [17, 0, 2, 4, 8]) == {
        0: SourceLocation(2, 1),
        2: SourceLocation(3, 3),
        4: SourceLocation(3, 6),
        8: SourceLocation(3, 8),
        17: SourceLocation(5, 1),
    }
